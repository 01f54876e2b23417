"""A directory to work in that leaves nothing behind, even when it was killed before."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qlumod.events import Listener
from qlumod.system.files import locked, make_directories, remove_tree

PATIENCE = 1800.0
"""Seconds to wait for another process that makes the same."""


@contextmanager
def working(cache: Path, name: str, *, listen: Listener) -> Iterator[Path]:
    """An empty directory in the cache's ``work``; what a killed run left there is cleared first."""
    work = cache / "work"
    make_directories(work)
    place = work / name
    with locked(work / f"{name}.lock", wait=PATIENCE, listen=listen):
        remove_tree(place)
        place.mkdir(mode=0o755)
        try:
            yield place
        finally:
            remove_tree(place)
            (work / f"{name}.lock").unlink(missing_ok=True)
