"""Scanning directory trees: every path with its metadata and digest, hashed on all cores."""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.model.tree import TreeEntry

_LOT = 64
"""How many files are handed to a thread at once."""
_TYPES = {
    stat.S_IFREG: "f",
    stat.S_IFDIR: "d",
    stat.S_IFLNK: "l",
    stat.S_IFCHR: "c",
    stat.S_IFBLK: "b",
    stat.S_IFIFO: "p",
    stat.S_IFSOCK: "s",
}
_SHOWN = 60
"""How many characters an error shows of a path that is too long."""


def scan(root: Path, *, digests: bool = True) -> dict[str, TreeEntry]:
    """All paths below a directory and the directory itself (``/``), sorted by path.

    Symbolic links are never followed. A path that vanishes meanwhile is an error. Raises
    `QlumodError` if one is longer than the system allows.
    """
    with _nameable(os.fspath(root)):
        entries = sorted(_walk(os.fspath(root)), key=lambda entry: entry.path)
    if digests:
        entries = _with_digests(os.fspath(root), entries)
    return {entry.path: entry for entry in entries}


def entry_of(root: Path, path: str, *, digests: bool = True) -> TreeEntry:
    """The entry of one path below a directory, as a scan would return it."""
    found = _entry(os.fspath(root), path, os.lstat(_below(os.fspath(root), path)))
    return _with_digests(os.fspath(root), [found])[0] if digests else found


@contextmanager
def _nameable(root: str) -> Iterator[None]:
    """Turn a path that is too long (PATH_MAX) into an error with its beginning."""
    try:
        yield
    except OSError as fault:
        if fault.errno != errno.ENAMETOOLONG:
            raise
        path = str(fault.filename).removeprefix(root)
        raise QlumodError(
            f"cannot read {path[:_SHOWN]}…: a path of {len(os.fsencode(path))} bytes below it is"
            " longer than the system takes, and no layer can hold it",
            remedy="see which package makes so many directories in each other, and leave it out",
        ) from fault


def _walk(root: str) -> Iterator[TreeEntry]:
    yield _entry(root, "/", os.lstat(root))
    pending = [""]
    while pending:
        parent = pending.pop()
        with os.scandir(root + parent) as found:
            for child in found:
                path = f"{parent}/{child.name}"
                status = child.stat(follow_symlinks=False)
                yield _entry(root, path, status)
                if stat.S_ISDIR(status.st_mode):
                    pending.append(path)


def _entry(root: str, path: str, status: os.stat_result) -> TreeEntry:
    kind = _TYPES[stat.S_IFMT(status.st_mode)]
    full = _below(root, path)
    return TreeEntry(
        path=path,
        type=kind,
        mode=stat.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
        size=status.st_size if kind in "fl" else 0,
        mtime=status.st_mtime_ns // 10**9,
        target=os.readlink(full) if kind == "l" else "",  # noqa: PTH115 - speed
        rdev=status.st_rdev if kind in "cb" else 0,
        xattrs=_xattrs(full),
        inode=(status.st_dev, status.st_ino),
        nlink=status.st_nlink,
    )


def _xattrs(full: str) -> tuple[tuple[str, bytes], ...]:
    try:
        names = sorted(os.listxattr(full, follow_symlinks=False))
    except OSError as fault:
        # A squashfs image without any attributes does not support reading them.
        if fault.errno != errno.EOPNOTSUPP:
            raise
        return ()
    return tuple((name, os.getxattr(full, name, follow_symlinks=False)) for name in names)


def _with_digests(root: str, entries: list[TreeEntry]) -> list[TreeEntry]:
    """Hash every inode once, on all cores (hashlib releases the GIL)."""
    first = {entry.inode: entry.path for entry in reversed(entries) if entry.type == "f"}
    paths = [_below(root, path) for path in first.values()]
    # Handing over one file takes longer than hashing it: most are small.
    lots = [paths[begin : begin + _LOT] for begin in range(0, len(paths), _LOT)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        hashed = (digest for lot in pool.map(_digests, lots) for digest in lot)
        digests = dict(zip(first, hashed, strict=True))
    return [
        replace(entry, digest=digests[entry.inode]) if entry.type == "f" else entry
        for entry in entries
    ]


def _digests(paths: list[str]) -> list[str]:
    return [_digest(path) for path in paths]


def _digest(full: str) -> str:
    with open(full, "rb", buffering=0) as source:  # noqa: PTH123 - a str, for speed
        return hashlib.file_digest(source, "sha256").hexdigest()


def _below(root: str, path: str) -> str:
    return root if path == "/" else root + path
