"""Regular files, read completely: another type might block, or have no end."""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from qlumod.errors import QlumodError
from qlumod.model.names import Digest
from qlumod.system.disk.refusals import told

BLOCK = 1 << 20
_LEAST = 1 << 12
"""Bytes that are read at once: files of the kernel have the size 0."""
_READING = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
"""A FIFO is opened without waiting for a writer; then it is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """The size and the digest of a file's bytes."""

    size: int
    sha256: Digest


def read_bytes(path: Path, *, most: int) -> bytes:
    """Read a regular file of limited size; raises `QlumodError`."""
    with told(path, "read"):
        return read_regular(path, os.open(path, _READING), most=most)


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading; raises `QlumodError` for another type, and `OSError`."""
    return _opened_regular(path, os.open(path, _READING))


def read_regular(path: Path, handle: int, *, most: int) -> bytes:
    """Read and close a file that was opened without waiting; `path` is its name for errors.

    Raises `QlumodError` if it is no regular file, or larger than the limit.
    """
    with _opened_regular(path, handle) as reading:
        data = b"".join(_blocks(reading, most + 1))
    if len(data) > most:
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
        return summed(source)


def regular_files(top: Path) -> Iterator[Path]:
    """All regular files below a directory, sorted, relative to it; links are not followed."""
    for folder, folders, names in os.walk(top):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if stat.S_ISREG(path.lstat().st_mode):
                yield path.relative_to(top)


def _opened_regular(path: Path, handle: int) -> BinaryIO:
    """A regular file for reading; another type might have no end."""
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        raise QlumodError(
            f"cannot read {path}: it is {kind_of(mode)}, not a regular file",
            remedy=f"remove it, or put a file there: ls -l {path}",
        )
    return os.fdopen(handle, "rb", buffering=0)


def _blocks(reading: BinaryIO, left: int) -> Iterator[bytes]:
    """The next bytes of a file, in one block if the file does not change."""
    # A buffer of the size of the file: the limit may be more than the memory.
    at_once = os.fstat(reading.fileno()).st_size + 1
    while left and (block := reading.read(min(left, max(at_once, _LEAST)))):
        left -= len(block)
        yield block


def summed(source: BinaryIO, target: BinaryIO | None = None) -> Sum:
    """Size and digest of the rest of a file, which is written to `target`, if there is one."""
    hashing, size = hashlib.sha256(), 0
    # A buffer of the size of a small file: there may be thousands of them.
    at_once = min(BLOCK, os.fstat(source.fileno()).st_size + 1)
    while block := source.read(at_once):
        hashing.update(block)
        size += len(block)
        if target is not None:
            target.write(block)
    return Sum(size=size, sha256=Digest(hashing.hexdigest()))
