"""A place beside the output to build packages in; what a killed build has left there is cleared."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qlumod.system.files import make_directories, sync_directory, told

PREFIX = ".packaging-"
LOCK = ".lock"


@contextmanager
def staging(output: Path, name: str) -> Iterator[Path]:
    """An empty directory below `output`, alone for this process; it is gone at the end.

    It is on the same file system as `output`, so that its files get there by renaming.
    """
    with told(output):
        make_directories(output)
    sweep(output)
    lock = output / f"{PREFIX}{name}{LOCK}"
    place = output / f"{PREFIX}{name}"
    with _locked(lock):
        shutil.rmtree(place, ignore_errors=True)
        with told(place):
            place.mkdir(mode=0o755)
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)
            lock.unlink(missing_ok=True)


def sweep(output: Path) -> tuple[Path, ...]:
    """Remove what builds have left whose process is gone; returns what was removed."""
    removed = []
    for lock in sorted(output.glob(f"{PREFIX}*{LOCK}")):
        with contextlib.suppress(BlockingIOError), _locked(lock, wait=False):
            place = lock.with_suffix("")
            shutil.rmtree(place, ignore_errors=True)
            lock.unlink(missing_ok=True)
            removed.append(place)
    return tuple(removed)


def move_all(files: tuple[Path, ...], output: Path) -> tuple[Path, ...]:
    """Move finished files into `output`, in their order, each by one rename and lasting."""
    moved = []
    for file in files:
        with told(output), file.open("rb") as handle:
            os.fsync(handle.fileno())
            file.chmod(0o644)
            moved.append(file.rename(output / file.name))
    sync_directory(output)
    return tuple(moved)


@contextmanager
def _locked(lock: Path, *, wait: bool = True) -> Iterator[None]:
    while True:
        with told(lock):
            handle = os.open(lock, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            if _is_current(handle, lock):
                yield
                return
        finally:
            os.close(handle)


def _is_current(handle: int, lock: Path) -> bool:
    """Whether the locked file still has that name: who held it before us may have removed it."""
    try:
        return os.path.samestat(os.fstat(handle), lock.stat())
    except FileNotFoundError:
        return False
