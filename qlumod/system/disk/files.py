"""Files that are complete or absent: written under a temporary name, synced, renamed."""

import contextlib
import errno
import hashlib
import os
import re
import stat
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from qlumod.errors import QlumodError
from qlumod.model.names import Digest
from qlumod.system.disk.removal import remove_directory

BLOCK = 1 << 20
_READING = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
"""A FIFO is opened without waiting for a writer; then it is refused."""
POLL = 0.05
"""Seconds between two checks of a directory that another process writes to."""

_SIDE_BY_SIDE = 16
"""How many files are synced at the same time."""
PATIENCE = 5.0
"""Seconds that a program has to end after its caller was killed."""

_REMEDIES = {
    errno.ENOSPC: "make room on that file system, and run it again",
    errno.EDQUOT: "make room or raise the quota, and run it again",
    errno.EROFS: "mount that file system writable",
    errno.EACCES: "run it as a user who may write there",
    errno.EPERM: "run it as a user who may write there",
    errno.ELOOP: "it is a symbolic link: remove it, or put there what it points at",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """The size and the digest of a file's bytes."""

    size: int
    sha256: Digest


@contextmanager
def told(path: Path, doing: str = "write") -> Iterator[None]:
    """Turn an OSError into an error that names the path, and how to mend it."""
    try:
        yield
    except OSError as fault:
        reason = os.strerror(fault.errno) if fault.errno else str(fault)
        raise QlumodError(
            f"cannot {doing} {path}: {reason}", remedy=_REMEDIES.get(fault.errno or 0, "")
        ) from fault


def require_plain(directory: Path) -> None:
    """Raise if apt's sources could not name a directory (sources.list(5))."""
    if re.search(r"[\s\[\]#]", str(directory)):
        raise QlumodError(
            f"apt cannot work in {directory}: its name holds a blank, a bracket or '#'",
            remedy="choose another directory, such as by --cache or QLUMOD_CACHE",
        )


def read_bytes(path: Path, *, most: int | None = None) -> bytes:
    """Read a regular file of limited size; raises `QlumodError`."""
    with told(path, "read"):
        return read_regular(path, os.open(path, _READING), most=most)


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading; raises `QlumodError` for another type, and `OSError`."""
    return _opened_regular(path, os.open(path, _READING))


def read_regular(path: Path, handle: int, *, most: int | None = None) -> bytes:
    """Read and close a file that was opened without waiting; `path` is its name for errors.

    Raises `QlumodError` if it is no regular file, or larger than the limit.
    """
    with _opened_regular(path, handle) as reading:
        data = reading.read() if most is None else reading.read(most + 1)
    if most is not None and len(data) > most:
        raise QlumodError(
            f"cannot read {path}: it has more than {most} bytes, which is too much for what it"
            " should be",
            remedy="see what it is, and put the right file there",
        )
    return data


def kind_of(mode: int) -> str:
    """The type of a file by stat(2), in words."""
    kinds = (
        (stat.S_ISREG, "a file"),
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISLNK, "a symbolic link"),
        (stat.S_ISFIFO, "a FIFO"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a character device"),
        (stat.S_ISBLK, "a block device"),
    )
    return next(word for is_one, word in kinds if is_one(mode))


def file_sum(path: Path) -> Sum:
    """Size and digest of a file; raises `QlumodError`."""
    with told(path, "read"), open_regular(path) as source:
        return _drain(source, None)


def write_whole(path: Path, data: bytes, *, mode: int = 0o644, sync: bool = True) -> None:
    """Write a file so that it is complete or absent, also after a power cut.

    If it is not synced here, call `sync_all` for it and its directory.
    """
    with told(path), _opened_folder(path.parent) as folder:
        write_whole_in(folder, path.name, data, mode=mode, sync=sync)


def write_whole_in(folder: int, name: str, data: bytes, *, mode: int, sync: bool = True) -> None:
    """The same, in a directory by its descriptor."""
    beside = f".{name}.{os.getpid()}.new"
    with _gone_on_failure(beside, folder):
        _write(beside, data, mode, sync=sync, folder=folder)
        os.rename(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
        if sync:
            os.fsync(folder)


def write_new(path: Path, data: bytes, *, mode: int = 0o644, modified: int | None = None) -> None:
    """Write and sync a file in a directory without readers; its parents are made.

    `modified` is its time of modification, in seconds; None: now.
    """
    with told(path):
        make_directories(path.parent)
        _write(path, data, mode, modified)


def write_unsynced(
    path: Path, parts: Iterable[bytes], *, mode: int = 0o644, modified: int | None = None
) -> Sum:
    """Write a file that nobody reads before `sync_all`; its parents are made."""
    hashing, size = hashlib.sha256(), 0
    with told(path):
        make_directories(path.parent, sync=False)
        with _opened_new(path) as writing:
            for part in parts:
                hashing.update(part)
                size += len(part)
                writing.write(part)
            os.fchmod(writing.fileno(), mode)
        if modified is not None:
            os.utime(path, (modified, modified))
    return Sum(size=size, sha256=Digest(hashing.hexdigest()))


def copy_new(source: Path, target: Path, *, mode: int = 0o644, sync: bool = True) -> Sum:
    """Copy into a directory without readers; digests the bytes that were really copied.

    If it is not synced here, call `sync_all` for it.
    """
    with (
        told(source, "read"),
        _opened_regular(source, os.open(source, _READING)) as reading,
        told(target),
    ):
        make_directories(target.parent, sync=sync)
        with _opened_new(target) as writing:
            found = _drain(reading, writing)
            _finish(writing, mode, sync=sync)
    return found


def link_new(source: Path, target: Path, *, sync: bool = True) -> None:
    """Give a file a second, free name; its parents are made and, with `sync`, synced."""
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
    with told(link), _opened_folder(link.parent) as folder:
        point_in(folder, link.name, target)


def point_in(folder: int, name: str, target: str) -> None:
    """The same, in a directory by its descriptor."""
    beside = f".{name}.new"
    with _gone_on_failure(beside, folder):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside, dir_fd=folder)
        os.symlink(target, beside, dir_fd=folder)
        os.rename(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)


def make_directories(path: Path, *, sync: bool = True) -> None:
    """Make a directory and its parents, readable for everybody whatever the umask is."""
    if path.is_dir():
        return
    make_directories(path.parent, sync=sync)
    # Another run may have made it in the meantime.
    with contextlib.suppress(FileExistsError), _opened_folder(path.parent) as folder:
        make_directory(path.name, folder, sync=sync)


def make_private(path: Path) -> None:
    """Make a directory for its owner only, or change an existing one so; its parents are made."""
    with told(path):
        make_directories(path.parent)
        with contextlib.suppress(FileExistsError), _opened_folder(path.parent) as folder:
            make_directory(path.name, folder, mode=0o700)
        with _opened_folder(path) as handle:
            os.fchmod(handle, 0o700)


def make_directory(name: str, folder: int, *, mode: int = 0o755, sync: bool = True) -> None:
    """Make a directory in another one, given by its descriptor; raises `FileExistsError`.

    It has exactly this mode whatever the umask is, from the start.
    """
    os.mkdir(name, mode, dir_fd=folder)
    handle = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
    try:
        os.fchmod(handle, mode)
    finally:
        os.close(handle)
    if sync:
        os.fsync(folder)


def remove_tree(path: Path) -> None:
    """Remove a directory with its content, or a link; it need not exist."""
    with contextlib.suppress(FileNotFoundError), _opened_folder(path.parent) as folder:
        remove_tree_in(folder, path)


def remove_tree_in(folder: int, path: Path) -> None:
    """The same, in the directory of `path` by its descriptor."""
    deadline = time.monotonic() + PATIENCE
    with told(path, "remove"):
        while True:
            try:
                _remove(path.name, folder)
                return
            except FileNotFoundError:
                if not _is_there(path.name, folder):
                    return
            except OSError as fault:
                # A program whose caller was killed may still write to it for a moment.
                if fault.errno != errno.ENOTEMPTY or time.monotonic() > deadline:
                    raise
                time.sleep(POLL)


def _remove(name: str, folder: int) -> None:
    if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        remove_directory(name, folder=folder)
    else:
        os.unlink(name, dir_fd=folder)


def _is_there(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def sync(path: Path) -> None:
    """Sync a file, or the names in a directory, to the disk."""
    with told(path):
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sync_all(paths: Iterable[Path]) -> None:
    """Sync files, and the names in directories, to the disk: in parallel, which takes no longer."""
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        for _ in pool.map(sync, sorted(set(paths))):
            pass


def regular_files(top: Path) -> Iterator[Path]:
    """All regular files below a directory, sorted, relative to it; links are not followed."""
    for folder, folders, names in os.walk(top):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if stat.S_ISREG(path.lstat().st_mode):
                yield path.relative_to(top)


def _write(
    path: Path | str,
    data: bytes,
    mode: int,
    modified: int | None = None,
    *,
    sync: bool = True,
    folder: int | None = None,
) -> None:
    with _opened_new(path, folder) as writing:
        writing.write(data)
        writing.flush()
        if modified is not None:
            os.utime(writing.fileno(), (modified, modified))
        _finish(writing, mode, sync=sync)


def _opened_regular(path: Path, handle: int) -> BinaryIO:
    """A regular file for reading; anything else might have no end."""
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        raise QlumodError(
            f"cannot read {path}: it is {kind_of(mode)}, not a regular file",
            remedy=f"remove it, or put a file there: ls -l {path}",
        )
    return os.fdopen(handle, "rb", buffering=0)


def _opened_new(path: Path | str, folder: int | None = None) -> BinaryIO:
    """Open a new file: an old file of that name is unlinked, not overwritten.

    Nobody else can read a secret before the file has its mode.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        handle = os.open(path, flags, 0o600, dir_fd=folder)
    except FileExistsError:
        os.unlink(path, dir_fd=folder)
        handle = os.open(path, flags, 0o600, dir_fd=folder)
    return os.fdopen(handle, "wb")


@contextmanager
def _opened_folder(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield handle
    finally:
        os.close(handle)


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
def _gone_on_failure(name: str, folder: int) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
        raise
