"""Modules of qlumod that run as separate processes, since python-apt's state is global."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from qlumod.errors import QlumodError
from qlumod.model.json_values import Json
from qlumod.system.processes import isolated
from qlumod.system.processes.command import Command, CommandFailed, command


@contextmanager
def python_apt_needed() -> Iterator[None]:
    """Name the package to install if such a process finds no python-apt."""
    try:
        yield
    except CommandFailed as failure:
        if not any("No module named 'apt" in line for line in failure.tail):
            raise
        raise QlumodError(
            f"cannot import apt_pkg: python3-apt is not installed for {sys.executable}",
            remedy="apt install python3-apt; a virtual environment needs --system-site-packages",
        ) from failure


def python_module(name: str, order: Json, *, environment: Mapping[str, str]) -> Command:
    """A module as a separate program, with a JSON order on its standard input."""
    return command(
        *isolated.words(name),
        environment=environment,
        stdin=json.dumps(order).encode(),
        answers=True,
    )
