"""Files that are complete or absent: written under a temporary name, synced, renamed."""

import contextlib
import hashlib
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from qlumod.model.names import Digest
from qlumod.system.disk.directories import make_directories, opened_directory
from qlumod.system.disk.refusals import told
from qlumod.system.disk.regular_files import Sum, open_regular, summed

_SIDE_BY_SIDE = 16
"""The number of files that are synced at the same time."""


def write_whole(path: Path, data: bytes, *, mode: int = 0o644, sync: bool = True) -> None:
    """Write a file so that it is complete or absent, also after a power cut.

    If it is not synced here, call `sync_all` for it and its directory.
    """
    with told(path), opened_directory(path.parent) as folder:
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
    with told(source, "read"), open_regular(source) as reading, told(target):
        make_directories(target.parent, sync=sync)
        with _opened_new(target) as writing:
            found = summed(reading, writing)
            _finish(writing, mode, sync=sync)
    return found


def link_new(source: Path, target: Path, *, sync: bool = True) -> None:
    """Give a file a second, free name; its parents are made and, with `sync`, synced."""
    with told(target):
        make_directories(target.parent, sync=sync)
        os.link(source, target)


def link_all(source: Path, target: Path, names: Iterable[str]) -> None:
    """Link files of one directory into another one, which is made; nothing is synced."""
    with told(target):
        make_directories(target, sync=False)
        for name in names:
            os.link(f"{source}/{name}", f"{target}/{name}")


def point(link: Path, target: str) -> None:
    """Change the target of a symbolic link, by one rename."""
    with told(link), opened_directory(link.parent) as folder:
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


def _finish(writing: BinaryIO, mode: int, *, sync: bool = True) -> None:
    writing.flush()
    os.fchmod(writing.fileno(), mode)
    if sync:
        os.fsync(writing.fileno())


@contextmanager
def _gone_on_failure(name: str, folder: int) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
        raise
