"""Fixtures for all tests: the command line as a person types it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests.unit import is_unit, no_process

ROOT = Path(__file__).resolve().parents[1]
OURS = ("QLUMOD_TEST_CACHE", "QLUMOD_SEED", "QLUMOD_GOLDEN")
"""What the tests themselves are told by; the program has nothing to say of it."""

# Whatever this host or the caller wants of qlumod.
os.environ["QLUMOD_CONFIG"] = os.devnull
# Properties are tried on busy machines, and with the Python of any release.
settings.register_profile("qlumod", deadline=None)
settings.load_profile("qlumod")
# What a shell runs in the background ignores Ctrl-C, and so would all that is begun here.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass(frozen=True)
class Answer:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What --json printed."""
        return json.loads(self.out)


class Typed:
    """``qlumod(...)`` runs the command line in a process of its own."""

    def __init__(self, directory: Path, cache: Path) -> None:
        self.directory = directory
        self.cache = cache

    def __call__(self, *words: str | Path, **environment: str) -> Answer:
        done = subprocess.run(
            [sys.executable, "-m", "qlumod", *map(str, words)],
            cwd=self.directory,
            env={
                **{name: text for name, text in os.environ.items() if name not in OURS},
                "PYTHONPATH": str(ROOT),
                "QLUMOD_CACHE": str(self.cache),
                "COLUMNS": "100",
                **environment,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)


APART = {"integration/test_chosen_set"}
"""Files that take minutes; everything else goes by directories."""
LONGEST_FIRST = (
    "integration", *sorted(APART), "layer", "own", "package", "proof", "lock", "repository",
    "upkeep",
)  # fmt: skip
"""The parts whose tests take longest: begun first, so that no processor waits for the last one."""


class ByParts(LoadScopeScheduling):  # type: ignore[misc]
    """Keep the tests of one part together: they share what its session fixtures have built."""

    def _split_scope(self, nodeid: str) -> str:
        return _part(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByParts:
    """Say how pytest-xdist shares out the tests."""
    return ByParts(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the unit tests, and begin with what takes longest."""
    for item in items:
        path = item.path.relative_to(ROOT / "tests").as_posix()
        if is_unit(path) and not item.get_closest_marker("programs"):
            item.add_marker(pytest.mark.unit)
    rank = {part: place for place, part in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: rank.get(_part(item.nodeid), len(rank)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Let no fixture of a unit test start a process."""
    with no_process() if item.get_closest_marker("unit") else nullcontext():
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Let no unit test start a process."""
    with no_process() if item.get_closest_marker("unit") else nullcontext():
        yield


def _part(nodeid: str) -> str:
    path = nodeid.partition("::")[0].removeprefix("tests/").removesuffix(".py")
    return path if path in APART else path.partition("/")[0]


@pytest.fixture
def qlumod(tmp_path: Path) -> Typed:
    """The command line in an empty directory with an empty cache."""
    (tmp_path / "work").mkdir()
    return Typed(tmp_path / "work", tmp_path / "cache")
