"""Fixtures for all tests: the command line as a person types it."""

import compileall
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests.unit import is_unit, no_process

ROOT = Path(__file__).resolve().parents[1]
OURS = ("QLUMOD_TEST_", "QLUMOD_SEED", "QLUMOD_GOLDEN")
"""The beginnings of the variables that tell the tests something; the program knows none of them."""

# Whatever this host or the caller wants of qlumod.
os.environ["QLUMOD_CONFIG"] = os.devnull
# Properties are tried on busy machines, and with the Python of any release.
settings.register_profile("qlumod", deadline=None)
settings.load_profile("qlumod")
# What a shell runs in the background ignores Ctrl-C, and so would all that is begun here.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Answer(NamedTuple):
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What --json printed."""
        return json.loads(self.out)


@dataclass(frozen=True)
class CommandLine:
    """``qlumod(...)`` runs the command line in a process of its own."""

    directory: Path
    """The current directory."""
    cache: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables of all calls."""
    program: Sequence[str] = ("-m", "qlumod")
    """What Python runs."""
    before: Sequence[str] = ()
    """The words before Python's: a program that runs another one."""
    umask: int = -1

    def __call__(self, *words: str | Path, **environment: str) -> Answer:
        """Run it to its end."""
        process = self.start(*words, stderr=subprocess.PIPE, **environment)
        out, err = process.communicate()
        return Answer(process.returncode, out, err)

    def must(self, *words: str | Path, **environment: str) -> Answer:
        """Run a command line that ends well."""
        answer = self(*words, **environment)
        assert answer.status == 0, f"qlumod {words}\n{answer.out}{answer.err}"
        return answer

    def start(
        self, *words: str | Path, stderr: int = subprocess.STDOUT, **environment: str
    ) -> "subprocess.Popen[str]":
        """Begin it, in a session of its own; by default its errors go where its output goes."""
        return subprocess.Popen(
            [*self.before, sys.executable, *self.program, *map(str, words)],
            cwd=self.directory,
            env={**self.variables, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            start_new_session=True,
            umask=self.umask,
        )

    @property
    def variables(self) -> dict[str, str]:
        """The whole environment of a call."""
        return {
            **{name: text for name, text in os.environ.items() if not name.startswith(OURS)},
            "PYTHONPATH": str(ROOT),
            "QLUMOD_CACHE": str(self.cache),
            "COLUMNS": "100",
            **self.environment,
        }


APART = {"integration/test_chosen_set"}
"""Files that take minutes; everything else goes by directories."""
LONGEST_FIRST = (
    "integration", *sorted(APART), "own", "layer", "attack", "proof", "lock", "package", "docker",
    "node", "head", "upkeep", "repository", "system", "fuzz",
)  # fmt: skip
"""The parts whose tests take longest: begun first, so that no processor waits for the last one."""


class ByParts(LoadScopeScheduling):  # type: ignore[misc]
    """Keep the tests of one part together: they share what its session fixtures have built."""

    def _split_scope(self, nodeid: str) -> str:
        return _part(nodeid)


def pytest_configure(config: pytest.Config) -> None:
    """Compile the program before its many processes start.

    Those in isolated mode keep nothing of what they compile, and the others do not either where
    PYTHONDONTWRITEBYTECODE is set: a third of the time of a short command line.
    """
    if not hasattr(config, "workerinput"):
        for folder in ("qlumod", "tests", "upkeep"):
            compileall.compile_dir(ROOT / folder, quiet=2)


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are processors: programs wait for disks, networks and sleep."""
    return len(os.sched_getaffinity(0)) + 1


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
def qlumod(tmp_path: Path) -> CommandLine:
    """The command line in an empty directory with an empty cache."""
    (tmp_path / "work").mkdir()
    return CommandLine(tmp_path / "work", tmp_path / "cache")


@pytest.fixture(scope="session")
def shared_cache() -> Path:
    """The cache that stays between runs of the tests: fetched packages and built layers."""
    cache = Path(os.environ.get("QLUMOD_TEST_CACHE", ROOT / ".cache" / "test"))
    cache.mkdir(parents=True, exist_ok=True)
    return cache.resolve()


@pytest.fixture(scope="session")
def own_packages() -> Path:
    """The directory of qlumod's own packages, built where a source changed."""
    done = subprocess.run(
        [ROOT / "debian" / "build-packages", ROOT / "dist"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return ROOT / "dist"
