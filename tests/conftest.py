"""Fixtures for all tests: the command line as a person types it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


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
                **os.environ,
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


LONGEST_FIRST = ("integration", "layer", "repository")
"""The areas whose tests take longest: begun first, so that no processor waits for the last one."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of one area together: they share what its session fixtures have built."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_area(item)))
    rank = {area: place for place, area in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: rank.get(_area(item), len(rank)))


def _area(item: pytest.Item) -> str:
    return item.path.relative_to(ROOT / "tests").parts[0]


@pytest.fixture
def qlumod(tmp_path: Path) -> Typed:
    """The command line in an empty directory with an empty cache."""
    (tmp_path / "work").mkdir()
    return Typed(tmp_path / "work", tmp_path / "cache")
