"""The cache of built payloads: a directory per identity, complete from the moment it is there."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qlumod.model.names import Digest
from qlumod.system.files import make_directories, sync_directories, told

LAYERS = "layers"
WORK = "work"


def payload_path(cache: Path, identity: Digest) -> Path:
    """Where the payload of that identity lies, or will lie."""
    return cache / LAYERS / identity


@contextmanager
def staging(cache: Path, identity: Digest) -> Iterator[Path]:
    """A directory of one's own to build a payload in; it is gone at the end, whatever happens.

    What killed builds have left is cleared first. Waits while another process builds the same.
    """
    sweep(cache)
    place = cache / WORK / identity
    with told(place), _owned(place):
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)


def sweep(cache: Path) -> tuple[Path, ...]:
    """Remove what killed builds have left; returns what was removed.

    A directory that nobody has locked has no owner any more: the kernel lets go of a lock when
    its process ends, however it ends.
    """
    removed = []
    for place in sorted((cache / WORK).glob("*")):
        with contextlib.suppress(BlockingIOError, FileNotFoundError):
            handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(place, ignore_errors=True)
                removed.append(place)
            finally:
                os.close(handle)
    return tuple(removed)


def commit(payload: Path, cache: Path, identity: Digest) -> Path:
    """Make a built payload the one of its identity, with one rename."""
    target = payload_path(cache, identity)
    with told(target):
        _sync_files(payload)
        make_directories(target.parent)
        # Another builder on the same shared cache may have been quicker; its bytes are the same.
        with contextlib.suppress(FileExistsError):
            _rename_new(payload, target)
        sync_directories([target.parent])
    return target


def _rename_new(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError as fault:
        if target.is_dir():
            raise FileExistsError(fault.errno, fault.strerror, str(target)) from fault
        raise


def _sync_files(tree: Path) -> None:
    for path in sorted(tree.rglob("*")):
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _owned(place: Path) -> Iterator[None]:
    """Make a directory and hold the lock on it; an older one of the name is emptied."""
    make_directories(place.parent)
    while True:
        place.mkdir(exist_ok=True)
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
