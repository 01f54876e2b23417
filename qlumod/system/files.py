"""Files that are whole or not there: written beside, synced, renamed; and locks between runs."""

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import shutil
import stat
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from qlumod.errors import QlumodError
from qlumod.events import Listener, Notice, ignore
from qlumod.model.names import Digest

BLOCK = 1 << 20
POLL = 0.05
"""Seconds between two looks at a lock that another process holds."""

_SIDE_BY_SIDE = 16
"""How many files are synced at the same time."""
PATIENCE = 5.0
"""Seconds that a program has to end whose caller was killed."""

_REMEDIES = {
    errno.ENOSPC: "make room on that file system, and run it again",
    errno.EDQUOT: "make room or raise the quota, and run it again",
    errno.EROFS: "mount that file system writable",
    errno.EACCES: "run it as a user who may write there",
    errno.EPERM: "run it as a user who may write there",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """What a file's bytes are known by."""

    size: int
    sha256: Digest


@contextmanager
def told(path: Path, doing: str = "write") -> Iterator[None]:
    """Turn what the system refuses into an error that names the path, and how to mend it."""
    try:
        yield
    except OSError as fault:
        reason = os.strerror(fault.errno) if fault.errno else str(fault)
        raise QlumodError(
            f"cannot {doing} {path}: {reason}", remedy=_REMEDIES.get(fault.errno or 0, "")
        ) from fault


def require_plain(directory: Path) -> None:
    """Raise where apt's sources could not name a directory (sources.list(5))."""
    if re.search(r"[\s\[\]#]", str(directory)):
        raise QlumodError(
            f"apt cannot work in {directory}: its name holds a blank, a bracket or '#'",
            remedy="choose another directory, such as by --cache or QLUMOD_CACHE",
        )


def read_bytes(path: Path) -> bytes:
    """Read a file; raises `QlumodError`."""
    with told(path, "read"):
        return path.read_bytes()


def file_sum(path: Path) -> Sum:
    """Size and digest of a file; raises `QlumodError`."""
    with told(path, "read"), path.open("rb") as source:
        return _drain(source, None)


def write_whole(path: Path, data: bytes, *, mode: int = 0o644, sync: bool = True) -> None:
    """Write a file so that it is there whole or not at all, also after a power cut.

    What is not synced, `sync_all` has to make last, with its directory.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    with told(path), _gone_on_failure(beside):
        _write(beside, data, mode, sync=sync)
        beside.rename(path)
        if sync:
            sync_directory(path.parent)


def write_new(path: Path, data: bytes, *, mode: int = 0o644, modified: int | None = None) -> None:
    """Write and sync a file in a directory that nobody reads yet; its parents are made.

    `modified` is its time of modification, in seconds; None: now.
    """
    with told(path):
        make_directories(path.parent)
        _write(path, data, mode, modified)


def write_unsynced(
    path: Path, parts: Iterable[bytes], *, mode: int = 0o644, modified: int | None = None
) -> Sum:
    """Write a file that nobody reads before `sync_all` has made it last; its parents are made."""
    hashing, size = hashlib.sha256(), 0
    with told(path):
        make_directories(path.parent, sync=False)
        with path.open("wb") as writing:
            for part in parts:
                hashing.update(part)
                size += len(part)
                writing.write(part)
            os.fchmod(writing.fileno(), mode)
        if modified is not None:
            os.utime(path, (modified, modified))
    return Sum(size=size, sha256=Digest(hashing.hexdigest()))


def copy_new(source: Path, target: Path, *, mode: int = 0o644, sync: bool = True) -> Sum:
    """Copy into a directory that nobody reads yet; digest what was really copied.

    What is not synced, `sync_all` has to make last.
    """
    with told(source, "read"), source.open("rb", buffering=0) as reading, told(target):
        make_directories(target.parent, sync=sync)
        with target.open("wb") as writing:
            found = _drain(reading, writing)
            _finish(writing, mode, sync=sync)
    return found


def link_new(source: Path, target: Path, *, sync: bool = True) -> None:
    """Give a file a second name, which must be free; its parents are made (and last: `sync`)."""
    with told(target):
        make_directories(target.parent, sync=sync)
        os.link(source, target)


def link_all(source: Path, target: Path, names: Iterable[str]) -> None:
    """Give files of one directory second names in another one, which is made; nothing is synced."""
    with told(target):
        make_directories(target, sync=False)
        for name in names:
            os.link(f"{source}/{name}", f"{target}/{name}")


def point(link: Path, target: str) -> None:
    """Make a symbolic link point elsewhere, by one rename."""
    beside = link.with_name(f".{link.name}.new")
    with told(link), _gone_on_failure(beside):
        beside.unlink(missing_ok=True)
        beside.symlink_to(target)
        beside.rename(link)
        sync_directory(link.parent)


def make_directories(path: Path, *, sync: bool = True) -> None:
    """Make a directory and its parents, readable for everybody whatever the umask says."""
    if path.is_dir():
        return
    make_directories(path.parent, sync=sync)
    # Another run may have made it in the meantime.
    with contextlib.suppress(FileExistsError):
        path.mkdir()
        path.chmod(0o755)
        if sync:
            sync_directory(path.parent)


def remove_tree(path: Path) -> None:
    """Remove a directory with all that is in it; it need not be there."""
    deadline = time.monotonic() + PATIENCE
    with told(path, "remove"):
        while path.exists():
            try:
                shutil.rmtree(path)
            except FileNotFoundError:
                continue
            except OSError as fault:
                # A program whose caller was killed may still write there, for a moment.
                if fault.errno != errno.ENOTEMPTY or time.monotonic() > deadline:
                    raise
                time.sleep(POLL)


def remove_empty(path: Path, *, below: Path) -> None:
    """Remove a directory that is empty, and the parents that are empty then, up to `below`."""
    while path != below and below in path.parents:
        try:
            path.rmdir()
        except OSError:
            return
        path = path.parent


def sync_directory(path: Path) -> None:
    """Make the names in a directory last."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_all(paths: Iterable[Path]) -> None:
    """Make files, and the names in directories, last: side by side, which takes no longer."""
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        for _ in pool.map(_sync, sorted(set(paths))):
            pass


def _sync(path: Path) -> None:
    with told(path):
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sync_directories(paths: Iterable[Path]) -> None:
    """Make the names in several directories last."""
    for path in sorted(set(paths)):
        with told(path):
            sync_directory(path)


def regular_files(top: Path) -> Iterator[Path]:
    """All regular files below a directory, sorted, relative to it; links are not followed."""
    for folder, folders, names in os.walk(top):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if stat.S_ISREG(path.lstat().st_mode):
                yield path.relative_to(top)


@contextmanager
def locked(path: Path, *, wait: float, listen: Listener = ignore) -> Iterator[None]:
    """Hold the only lock there is on `path`; who holds it now is waited for, `wait` seconds long.

    The kernel lets go of it when the process ends, however it ends.
    """
    with told(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _acquire(handle, path, wait, listen)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"process {os.getpid()} on {os.uname().nodename}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


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
                raise QlumodError(
                    f"cannot lock {path}: {holder} holds it", remedy="run it again when that ended"
                ) from busy
        if not told_so:
            listen(Notice(text=f"waiting for {path}: {holder} holds it"))
            told_so = True
        time.sleep(POLL)


def _is_gone(holder: str) -> bool:
    """Whether the process was killed whose lock a program that it was just starting still has.

    Or its other half (`qlumod.system.halves`), which notices.
    """
    found = re.match(r"process (\d+) on (.*)", holder)
    if not found or found[2] != os.uname().nodename:
        return False
    try:
        os.kill(int(found[1]), 0)
    except OSError as fault:
        return fault.errno == errno.ESRCH
    return False


def _write(
    path: Path, data: bytes, mode: int, modified: int | None = None, *, sync: bool = True
) -> None:
    # Nobody else may read a secret in the moment before the file has its mode.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as writing:
        writing.write(data)
        writing.flush()
        if modified is not None:
            os.utime(writing.fileno(), (modified, modified))
        _finish(writing, mode, sync=sync)


def _finish(writing: BinaryIO, mode: int, *, sync: bool = True) -> None:
    writing.flush()
    os.fchmod(writing.fileno(), mode)
    if sync:
        os.fsync(writing.fileno())


def _drain(source: BinaryIO, target: BinaryIO | None) -> Sum:
    hashing, size = hashlib.sha256(), 0
    # Room for what a small file has: there may be thousands of them.
    at_once = min(BLOCK, os.fstat(source.fileno()).st_size + 1)
    while block := source.read(at_once):
        hashing.update(block)
        size += len(block)
        if target is not None:
            target.write(block)
    return Sum(size=size, sha256=Digest(hashing.hexdigest()))


@contextmanager
def _gone_on_failure(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise
