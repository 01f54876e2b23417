"""Locks between runs: the kernel releases a lock when its process ends, however it ends."""

import fcntl
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener, Waiting, ignore
from qlumod.system.disk.process_stamp import lives
from qlumod.system.disk.refusals import told
from qlumod.system.disk.regular_files import kind_of
from qlumod.system.processes.workers import obey

POLL = 0.05
"""Seconds between two attempts to get a lock that another process holds."""
PATIENCE = 5.0
"""Seconds that a program has to end after its caller was killed."""


class Busy(QlumodError):
    """Another process still holds the lock after the time to wait."""

    code = "busy"


@contextmanager
def locked(
    path: Path, *, wait: float, listen: Listener = ignore, folder: int | None = None
) -> Iterator[None]:
    """Hold the lock of `path`; waits `wait` seconds for a process that holds it.

    The holder may remove the file. `folder` is a descriptor of its directory, if the path must not
    be resolved again. Raises `Busy`.
    """
    handle = _held(path, wait, listen, folder)
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{this_process()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def _held(path: Path, wait: float, listen: Listener, folder: int | None) -> int:
    while True:
        handle = _open(path, folder)
        try:
            _acquire(handle, path, wait, listen)
            still = _is_still(handle, path, folder)
        except BaseException:
            os.close(handle)
            raise
        if still:
            return handle
        os.close(handle)


def _is_still(handle: int, path: Path, folder: int | None) -> bool:
    """Whether the locked file still has its name: the previous holder may have removed it."""
    name = path if folder is None else path.name
    try:
        there = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(handle), there)


def _open(path: Path, folder: int | None) -> int:
    """Open the file of a lock, or make it; raises unless it is a regular file of this user.

    The target of a link could be another file, which the holder's name would overwrite.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    with told(path):
        handle = os.open(path if folder is None else path.name, flags, 0o644, dir_fd=folder)
    found = os.fstat(handle)
    if wrong := _no_lock(found):
        os.close(handle)
        raise QlumodError(
            f"cannot lock {path}: {wrong}",
            remedy=f"see who made it (ls -l {path}), then remove it",
        )
    if found.st_uid == os.geteuid():
        os.fchmod(handle, 0o644)
    return handle


def _no_lock(found: os.stat_result) -> str:
    """Why a file cannot be used as a lock; empty if it can."""
    if not stat.S_ISREG(found.st_mode):
        return f"it is {kind_of(found.st_mode)}, not a file"
    if found.st_nlink > 1:
        return "the file has another name, too (a hard link)"
    if found.st_uid not in (0, os.geteuid()):
        return f"it belongs to user {found.st_uid}"
    return ""


def _acquire(handle: int, path: Path, wait: float, listen: Listener) -> None:
    deadline = time.monotonic() + wait
    told_so = False
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as busy:
            holder = os.pread(handle, 200, 0).decode(errors="replace").strip() or "another process"
            if time.monotonic() >= deadline + (PATIENCE if _is_gone(holder) else 0):
                raise Busy(
                    f"cannot lock {path}: {holder} holds it", remedy="run it again when that ended"
                ) from busy
        if not told_so:
            listen(Waiting(lock=str(path), holder=holder))
            told_so = True
        # Tries repeatedly: in a thread, no signal interrupts a waiting system call.
        obey()
        time.sleep(POLL)


def holder_of(path: Path) -> str | None:
    """Who holds the lock of `path`, such as ``process 12 on head``; None: nobody.

    Any user who may read the file can ask.
    """
    with told(path, "look at"):
        try:
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None
    except BlockingIOError:
        return os.pread(handle, 200, 0).decode(errors="replace").strip() or "another process"
    finally:
        os.close(handle)


def this_process() -> str:
    """How a lock names this process: ``process 12 on head``."""
    return f"process {os.getpid()} on {os.uname().nodename}"


def process_here(holder: str) -> str | None:
    """The number of a process that a lock names; None: it is on another machine."""
    found = re.match(r"process (\d+) on (.*)", holder)
    return found[1] if found and found[2] == os.uname().nodename else None


def _is_gone(holder: str) -> bool:
    """Whether the holder was killed, and a program that it was starting has inherited the lock."""
    process = process_here(holder)
    return process is not None and not lives(process)
