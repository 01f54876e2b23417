"""A .deb: its control fields and its files, read without unpacking it to a disk.

It is read as dpkg reads it (deb(5)), by qlumod's own code: python-debian refuses headers that dpkg
accepts, runs ``unzstd`` by itself, and does not limit the unpacked size.
"""

import io
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from qlumod.errors import QlumodError
from qlumod.model.stanzas import ControlStanza, as_text, one_stanza
from qlumod.packaging.debian.tar import File, tar_files
from qlumod.system.disk.libraries import unreadable
from qlumod.system.disk.refusals import told
from qlumod.system.disk.regular_files import open_regular
from qlumod.system.disk.unpacking import Extent, Window

SMALL = 1 << 20
"""The size in bytes up to which a .deb is read into memory at once."""
MOST_CONTROL = 1 << 26
"""The most unpacked bytes of control.tar: those with the longest md5sums have a tenth."""
MOST_DATA = 1 << 30
"""The unpacked bytes that data.tar may always have, however small it is."""
MOST_TIMES = 256
"""The unpacked bytes that a larger data.tar may have, as a multiple of its compressed size."""

_MAGIC = b"!<arch>\n"
_HEADER = 60
_MEMBERS = (
    re.compile(r"debian-binary()"),
    re.compile(r"control\.tar(\.gz|\.xz|\.zst|)"),
    re.compile(r"data\.tar(\.gz|\.xz|\.zst|\.bz2|\.lzma|)"),
)
"""The members that dpkg requires, in this order; it skips members whose names begin with ``_``."""
_VERSION = re.compile(rb"2\.[0-9]+\n")


@dataclass(frozen=True, slots=True)
class Deb:
    """A .deb that consists of the members that dpkg requires, up to its end.

    Every method raises a `QlumodError` that names the file if its bytes are wrong.
    """

    path: Path
    _control: Extent
    _data: Extent
    _whole: bytes | None = field(repr=False)
    """All its bytes if it is small."""

    @classmethod
    def at(cls, path: Path) -> "Deb":
        """The .deb at a path; reads only the headers of its members."""
        with told(path, "read"), open_regular(path) as file:
            size = file.seek(0, io.SEEK_END)
            file.seek(0)
            whole = file.read(size) if size <= SMALL else None
            control, data = _members(path, file if whole is None else io.BytesIO(whole), size)
        return cls(path, control, data, whole)

    @property
    def control(self) -> ControlStanza:
        """The fields of its control file."""
        for file in self.control_files():
            if file.path == "control" and file.is_file:
                return one_stanza(as_text(file.read()), f"{self.path}: its control file")
        raise unreadable(self.path, "there is no control file in it")

    def control_files(self) -> Iterator[File]:
        """The control file, the maintainer scripts, the md5sums and so on."""
        return self._files(self._control, MOST_CONTROL)

    def files(self) -> Iterator[File]:
        """All files that dpkg unpacks, in the order of the archive."""
        return self._files(self._data, max(MOST_DATA, MOST_TIMES * self._data.size))

    def texts(self, paths: Collection[str]) -> dict[str, bytes]:
        """The bytes of those of these paths (relative) that are regular files in it."""
        found: dict[str, bytes] = {}
        for file in self.files():
            if file.path in paths and file.is_file:
                found[file.path] = file.read()
                if len(found) == len(paths):
                    break
        return found

    def _files(self, member: Extent, most: int) -> Iterator[File]:
        with self._opened(member) as packed:
            yield from tar_files(self.path, packed, member.ending, most)

    @contextmanager
    def _opened(self, member: Extent) -> Iterator[Window]:
        if self._whole is not None:
            yield Window(io.BytesIO(self._whole), member)
            return
        with told(self.path, "read"), open_regular(self.path) as file:
            yield Window(file, member)


def tar_xz_files(path: Path) -> Iterator[File]:
    """The files in a .tar.xz, as dpkg-source makes it from debian/; raises `QlumodError`."""
    with told(path, "read"), open_regular(path) as file:
        whole = Extent(0, file.seek(0, io.SEEK_END), ".xz")
        yield from tar_files(path, Window(file, whole), whole.ending, MOST_CONTROL)


def _members(path: Path, file: BinaryIO, size: int) -> tuple[Extent, Extent]:
    """The positions of control.tar and data.tar; raises `QlumodError`."""
    file.seek(0)
    if file.read(len(_MAGIC)) != _MAGIC:
        raise QlumodError(f"{path}: this is no .deb: it is no ar archive")
    found: list[Extent] = []
    end = len(_MAGIC)
    while end < size:
        file.seek(end)
        header = file.read(_HEADER)
        _check_header(path, header, end, size)
        offset, length = end + _HEADER, int(header[48:58])
        end = offset + length
        if end > size:
            raise _truncated(path, size, end)
        name = header[:16].rstrip(b" ").removesuffix(b"/").decode("latin-1")
        if len(found) < len(_MEMBERS) and not name.startswith("_"):
            found.append(Extent(offset, length, _ending(path, name, len(found))))
        # Members begin at even offsets; the last one may lack its padding.
        end += end % 2
    if len(found) < len(_MEMBERS):
        raise unreadable(path, f"it has {len(found)} of the {len(_MEMBERS)} members of a .deb")
    if not _VERSION.match(Window(file, found[0]).read(_HEADER)):
        raise unreadable(path, "it is of a format that dpkg does not know")
    return found[1], found[2]


def _check_header(path: Path, header: bytes, end: int, size: int) -> None:
    if len(header) < _HEADER:
        raise _truncated(path, size, end + _HEADER)
    if header[58:] != b"`\n" or not header[48:58].strip(b" ").isdigit():
        raise QlumodError(
            f"{path}: {size - end} bytes that belong to no .deb follow its end",
            remedy="copy or build it again",
        )


def _truncated(path: Path, size: int, least: int) -> QlumodError:
    return QlumodError(
        f"{path}: this .deb is truncated: {size} of at least {least} bytes are there",
        remedy="copy or build it again",
    )


def _ending(path: Path, name: str, place: int) -> str:
    """The compression of a member, from its name and its position."""
    found = _MEMBERS[place].fullmatch(name)
    if not found:
        raise unreadable(path, f"dpkg takes no member {name!r} in this place")
    return found[1]
