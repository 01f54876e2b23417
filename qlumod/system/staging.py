"""Directories to build in: owned by one process, gone at its end, cleared after a kill."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qlumod.system.files import make_directories, told


@contextmanager
def staging(parent: Path, name: str) -> Iterator[Path]:
    """An empty directory ``parent/name``, owned by this process; it is gone at the end.

    Waits while another process has it. What killed processes have left in `parent` is cleared
    first.
    """
    sweep(parent, name)
    place = parent / name
    with told(place), _owned(place):
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)


def sweep(parent: Path, like: str = "*") -> tuple[Path, ...]:
    """Remove directories of `staging` that have no owner any more; returns what was removed.

    `like` is a glob(7) pattern of the names. The kernel lets go of a lock when its process ends,
    however it ends.
    """
    removed = []
    for place in sorted(path for path in parent.glob(like) if path.is_dir()):
        with contextlib.suppress(BlockingIOError, FileNotFoundError):
            handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(place, ignore_errors=True)
                removed.append(place)
            finally:
                os.close(handle)
    return tuple(removed)


@contextmanager
def _owned(place: Path) -> Iterator[None]:
    """Make a directory and hold the lock on it; an older one of the name is emptied."""
    make_directories(place.parent)
    while True:
        place.mkdir(mode=0o755, exist_ok=True)
        handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if _is_still(handle, place):
                _empty(place)
                yield
                return
        finally:
            os.close(handle)


def _is_still(handle: int, place: Path) -> bool:
    """Whether what was locked is what the name stands for: whoever had it has removed it."""
    try:
        return os.path.samestat(os.fstat(handle), place.stat())
    except FileNotFoundError:
        return False


def _empty(place: Path) -> None:
    for path in place.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
