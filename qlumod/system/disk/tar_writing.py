"""Writing a tree as a tar, the same bytes for the same tree, also as a layer of an OCI image."""

import os
import tarfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath
from typing import IO, Protocol, cast

from qlumod.model.tree import TreeEntry
from qlumod.system.disk.within import Root

OVERLAY = ("trusted.overlay.", "user.overlay.")
"""Attributes that mean something to overlayfs alone."""
_OPAQUE = ("trusted.overlay.opaque", "user.overlay.opaque")
_HIDING = ".wh."
"""What the name of a file begins with that hides the path without it (OCI image-spec, layer.md)."""
_HIDING_ALL = ".wh..wh..opq"
"""A file that hides all that lower layers have in its directory."""
_TYPES = {
    "f": tarfile.REGTYPE,
    "d": tarfile.DIRTYPE,
    "l": tarfile.SYMTYPE,
    "c": tarfile.CHRTYPE,
    "b": tarfile.BLKTYPE,
    "p": tarfile.FIFOTYPE,
}


class Sink(Protocol):
    """Where a tar is written."""

    def write(self, piece: bytes, /) -> object:
        """Take the next bytes."""

    def tell(self) -> int:
        """The number of bytes so far."""


def write_tar(
    tree: Root, entries: Iterable[TreeEntry], sink: Sink, *, advance: Callable[[int], None]
) -> None:
    """Write the paths of a tree, sorted, in the POSIX format (pax).

    Owners are numbers; modes, times, hard links and attributes are kept. Whiteouts and opaque
    directories of overlayfs become those of OCI. Sockets are left out, since a tar has none.
    `advance` is told the bytes of each file.
    """
    first: dict[tuple[int, int], str] = {}
    with tarfile.open(
        fileobj=cast("IO[bytes]", sink),
        mode="w",
        format=tarfile.PAX_FORMAT,
        encoding="utf-8",
        errors="surrogateescape",
    ) as archive:
        for entry in sorted(entries, key=lambda entry: entry.path):
            if entry.whiteout:
                archive.addfile(_hiding(entry, f"{_HIDING}{PurePosixPath(entry.path).name}"))
            elif entry.type in _TYPES:
                _add(archive, tree, entry, first)
                advance(entry.size if entry.type == "f" else 0)


def _add(
    archive: tarfile.TarFile, tree: Root, entry: TreeEntry, first: dict[tuple[int, int], str]
) -> None:
    found = _member(entry)
    earlier = first.setdefault(entry.inode, entry.path) if entry.type == "f" else entry.path
    if earlier != entry.path:
        found.type, found.linkname, found.size = tarfile.LNKTYPE, earlier.lstrip("/"), 0
        found.pax_headers = {}
        archive.addfile(found)
    elif entry.type == "f":
        with tree.reading(entry.path) as source:
            archive.addfile(found, source)
    else:
        archive.addfile(found)
        if any(name in _OPAQUE and value == b"y" for name, value in entry.xattrs):
            archive.addfile(_hiding(entry, _HIDING_ALL, inside=True))


def _member(entry: TreeEntry) -> tarfile.TarInfo:
    found = tarfile.TarInfo(entry.path.lstrip("/") or ".")
    found.type = _TYPES[entry.type]
    found.mode, found.uid, found.gid, found.mtime = entry.mode, entry.uid, entry.gid, entry.mtime
    found.size = entry.size if entry.type == "f" else 0
    found.linkname = entry.target
    found.devmajor, found.devminor = os.major(entry.rdev), os.minor(entry.rdev)
    found.pax_headers = dict(_attributes(entry))
    return found


def _attributes(entry: TreeEntry) -> Iterator[tuple[str, str]]:
    """The attributes as GNU tar, star and containers write them."""
    for name, value in entry.xattrs:
        if not name.startswith(OVERLAY):
            yield f"SCHILY.xattr.{name}", value.decode("utf-8", "surrogateescape")


def _hiding(entry: TreeEntry, name: str, *, inside: bool = False) -> tarfile.TarInfo:
    path = PurePosixPath(entry.path)
    found = tarfile.TarInfo(str((path if inside else path.parent) / name).lstrip("/"))
    found.mtime = entry.mtime
    return found
