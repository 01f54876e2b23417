"""Modules of the lock wing that run as processes of their own, since python-apt is global."""

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from qlumod.system.run import Command, command

Json = Any


def python_module(name: str, order: Json, *, environment: Mapping[str, str]) -> Command:
    """``python -m name`` with a JSON order on its standard input."""
    path = os.pathsep.join(entry for entry in sys.path if entry)
    return command(
        sys.executable, "-m", name,
        environment={"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        stdin=json.dumps(order).encode(),
    )  # fmt: skip
