"""Directories to build in: owned by one process, gone at its end, cleared after a kill."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener, ignore
from qlumod.system.files import make_directories, open_lock, told
from qlumod.system.leash import obey
from qlumod.system.namespace import call_inside
from qlumod.system.removal import clear_directory, remove_directory
from qlumod.system.user_namespace import Standing, standing

LOCK = ".lock"
"""What the name of a directory's lock ends in. A file of its own: over NFS flock(2) wants one
that is open for writing, which no directory can be."""
PAUSE = 0.1
"""Seconds between two looks at a directory that another process has."""
DYING = 10
"""How often a directory is removed again in which killed programs are still about to die."""


@contextmanager
def staging(parent: Path, name: str) -> Iterator[Path]:
    """An empty directory ``parent/name``, owned by this process; it is gone at the end.

    Waits while another process has it; what a killed one left there is cleared.
    """
    place, lock = parent / name, parent / f"{name}{LOCK}"
    with told(parent):
        make_directories(parent)
    with _locked(lock):
        try:
            _clear(place)
            with told(place):
                place.mkdir(mode=0o755)
            yield place
        finally:
            _clear(place)
            lock.unlink(missing_ok=True)


def sweep(parent: Path, like: str = "*") -> tuple[Path, ...]:
    """Remove directories of `staging` that have no owner any more; returns what was removed.

    `like` is a glob(7) pattern of the names. The kernel lets go of a lock when its process ends,
    however it ends.
    """
    removed = []
    for lock in sorted(parent.glob(f"{like}{LOCK}")):
        place = lock.with_suffix("")
        with contextlib.suppress(BlockingIOError), _locked(lock, wait=False):
            _clear(place)
            if not place.exists():
                lock.unlink(missing_ok=True)
                removed.append(place)
    return tuple(removed)


def _clear(place: Path) -> None:
    """Remove a directory; what lies in it of other ids, of a killed build, within a namespace."""
    if place.is_symlink():
        place.unlink()
    for _ in range(DYING):
        clear_directory(place)
        if place.exists() and standing() is Standing.OUTSIDE:
            with contextlib.suppress(QlumodError):
                call_inside("qlumod.system.staging:remove", {"place": str(place)}, listen=ignore)
        if not place.exists():
            return
        time.sleep(PAUSE)


def remove(*, listen: Listener, place: str) -> None:  # noqa: ARG001 - as `call_inside` calls it
    """Inside: remove a directory."""
    remove_directory(place)


@contextmanager
def _locked(lock: Path, *, wait: bool = True) -> Iterator[None]:
    while True:
        handle = open_lock(lock)
        try:
            _lock(handle, wait)
            if _is_still(handle, lock):
                yield
                return
        finally:
            os.close(handle)


def _lock(handle: int, wait: bool) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if not wait:
                raise
        # Asked again and again: in a thread, no signal ends a system call that waits.
        obey()
        time.sleep(PAUSE)


def _is_still(handle: int, lock: Path) -> bool:
    """Whether what was locked is what the name stands for: whoever had it has removed it."""
    try:
        return os.path.samestat(os.fstat(handle), lock.lstat())
    except FileNotFoundError:
        return False
