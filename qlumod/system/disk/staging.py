"""Directories to build in: owned by one process, gone at its end, cleared after a kill."""

import contextlib
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener, ignore
from qlumod.system.disk.directories import make_directories
from qlumod.system.disk.locking import Busy, locked
from qlumod.system.disk.refusals import told
from qlumod.system.disk.removal import clear_directory, remove_directory
from qlumod.system.processes.namespace import call_inside
from qlumod.system.processes.user_namespace import Standing, standing

LOCK = ".lock"
"""What the name of a directory's lock ends in. A file of its own: over NFS flock(2) wants one
that is open for writing, which no directory can be."""
PAUSE = 0.1
"""Seconds between two looks at what killed programs have not left yet."""
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
    with locked(lock, wait=math.inf):
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
        with contextlib.suppress(Busy), locked(lock, wait=0):
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
                call_inside(
                    "qlumod.system.disk.staging:remove_staged", {"place": str(place)}, listen=ignore
                )
        if not place.exists():
            return
        time.sleep(PAUSE)


def remove_staged(*, listen: Listener, place: str) -> None:  # noqa: ARG001 - as `call_inside` calls it
    """Inside: remove a directory."""
    remove_directory(place)
