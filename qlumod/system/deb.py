"""A .deb: what it says of itself and what is in it, read without unpacking it to a disk.

It is read as dpkg reads it (deb(5)), by code of our own. python-debian refuses headers that dpkg
takes, runs ``unzstd`` by itself, and sets no limit to what a few bytes unpack to; tarfile takes a
damaged header for the end of the archive, and four times as long.
"""

import bz2
import gzip
import hashlib
import io
import lzma
import re
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, Protocol

from qlumod.errors import QlumodError
from qlumod.late import late
from qlumod.model.stanzas import Stanza, as_text, one_stanza
from qlumod.system.files import BLOCK, open_regular, told
from qlumod.system.libraries import faults, unreadable

zstandard = late("zstandard")

SMALL = 1 << 20
"""Bytes of a .deb that is read into memory at once."""
FEW = 1 << 16
"""Packed bytes of an archive that are unpacked at once."""
MOST_CONTROL = 1 << 26
"""Bytes that control.tar may unpack to: those with the longest md5sums have a tenth."""
MOST_DATA = 1 << 30
"""Bytes that data.tar may unpack to, however small it is."""
MOST_TIMES = 256
"""How many times its packed size data.tar may have beyond that."""
MOST_TEXT = 1 << 26
"""Bytes of one file that is read into memory."""
MOST_MEMORY = 1 << 28
"""Bytes of memory that unpacking xz may take: four times what ``xz -9`` asks for."""
MOST_PATH = 1 << 16
"""Bytes of a path that has a block of its own, as GNU tar writes it."""

_GZIP = 31
"""What zlib calls the format of gzip."""
_MAGIC = b"!<arch>\n"
_HEADER = 60
_MEMBERS = (
    re.compile(r"debian-binary()"),
    re.compile(r"control\.tar(\.gz|\.xz|\.zst|)"),
    re.compile(r"data\.tar(\.gz|\.xz|\.zst|\.bz2|\.lzma|)"),
)
"""The members that dpkg wants, in this order; it skips those whose names begin with ``_``."""
_VERSION = re.compile(rb"2\.[0-9]+\n")
_BLOCK = 512
_NOTHING = bytes(_BLOCK)
_PLAIN = re.compile(rb"([0-7]{7}[ \0]){3}([0-7]{11}[ \0]){2}")
"""Mode, owner, group, size and time of a header as nearly all of them are written."""
_NUMBERS = {
    "mode": slice(100, 108),
    "uid": slice(108, 116),
    "gid": slice(116, 124),
    "mtime": slice(136, 148),
}
_FILE, _HARD_LINK, _LINK, _DIRECTORY = b"0", b"1", b"2", b"5"
_KINDS = {kind: kind for kind in (_FILE, _HARD_LINK, _LINK, b"3", b"4", _DIRECTORY, b"6")}
_KINDS |= {b"\0": _FILE, b"7": _FILE}
"""What dpkg unpacks, by the type in the header."""
_LONG_TARGET, _LONG_PATH = b"K", b"L"
_LONG = (_LONG_TARGET, _LONG_PATH)
"""What GNU tar puts before the header of what has a path or target longer than the header."""


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class File:
    """A file, link, directory or device in a .deb.

    Its bytes can be read once, before the next one is asked for.
    """

    path: str
    """Relative, without a slash at its end; the root directory's is empty."""
    target: str
    """Of a link as it was written."""
    size: int
    """0 of everything but regular files."""
    _kind: bytes
    _header: bytes
    _archive: "_Unpacked"

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return self._kind == _FILE

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""
        return self._kind == _DIRECTORY

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return self._kind == _LINK

    @property
    def is_hard_link(self) -> bool:
        """Whether it is one more name of an earlier file."""
        return self._kind == _HARD_LINK

    @property
    def mode(self) -> int:
        """Its permissions."""
        return self._number("mode") & 0o7777

    @property
    def owner(self) -> tuple[int, int]:
        """The numbers of its user and group."""
        return self._number("uid"), self._number("gid")

    @property
    def owner_names(self) -> tuple[str, str]:
        """The names of its user and group; they may be empty."""
        return _text(self._header[265:297]), _text(self._header[297:329])

    @property
    def mtime(self) -> int:
        """When it was modified, in seconds."""
        return self._number("mtime")

    def blocks(self) -> Iterator[bytes]:
        """Its bytes in pieces; raises `QlumodError`."""
        for start in range(0, self.size, BLOCK):
            yield self._archive.read(min(BLOCK, self.size - start))

    def read(self) -> bytes:
        """Its bytes; raises `QlumodError` where they are too many."""
        if self.size > MOST_TEXT:
            raise self._archive.fault(f"{self.path} has {self.size} bytes, too many to be read")
        return self._archive.read(self.size)

    def digest(self, algorithm: str) -> bytes:
        """The digest of its bytes; raises `QlumodError`."""
        hashing = hashlib.new(algorithm, usedforsecurity=False)
        for block in self.blocks():
            hashing.update(block)
        return hashing.digest()

    def _number(self, name: str) -> int:
        return _number(self._header[_NUMBERS[name]])


@dataclass(frozen=True, slots=True)
class _Member:
    """Where a member of the ar archive is, and how it was packed."""

    offset: int
    size: int
    ending: str


@dataclass(frozen=True, slots=True)
class Deb:
    """A .deb whose members are those that dpkg wants, and fill the file.

    Whatever is asked of it raises a `QlumodError` that names the file where its bytes are wrong.
    """

    path: Path
    _control: _Member
    _data: _Member
    _whole: bytes | None = field(repr=False)
    """All its bytes where they are few."""

    @classmethod
    def at(cls, path: Path) -> "Deb":
        """The .deb of that name; only the headers of its members are looked at."""
        with told(path, "read"), open_regular(path) as file:
            start = file.read(SMALL + 1)
            whole = start if len(start) <= SMALL else None
            size = file.seek(0, io.SEEK_END)
            control, data = _members(path, file if whole is None else io.BytesIO(whole), size)
        return cls(path, control, data, whole)

    @property
    def control(self) -> Stanza:
        """The fields of its control file."""
        for file in self.control_files():
            if file.path == "control" and file.is_file:
                return one_stanza(as_text(file.read()), f"{self.path}: its control file")
        raise unreadable(self.path, "there is no control file in it")

    def control_files(self) -> Iterator[File]:
        """The control file, the maintainer scripts, the md5sums and so on."""
        return self._files(self._control, MOST_CONTROL)

    def files(self) -> Iterator[File]:
        """All that dpkg unpacks, in the order of the archive."""
        return self._files(self._data, max(MOST_DATA, MOST_TIMES * self._data.size))

    def texts(self, paths: Collection[str]) -> dict[str, bytes]:
        """The bytes of the regular files that it has of these (relative paths)."""
        found: dict[str, bytes] = {}
        for file in self.files():
            if file.path in paths and file.is_file:
                found[file.path] = file.read()
                if len(found) == len(paths):
                    break
        return found

    def _files(self, member: _Member, most: int) -> Iterator[File]:
        with self._opened(member) as packed:
            yield from _unpacked(self.path, packed, member, most)

    @contextmanager
    def _opened(self, member: _Member) -> Iterator["_Window"]:
        if self._whole is not None:
            yield _Window(io.BytesIO(self._whole), member)
            return
        with told(self.path, "read"), open_regular(self.path) as file:
            yield _Window(file, member)


def tar_xz_files(path: Path) -> Iterator[File]:
    """What is in a .tar.xz, as dpkg-source makes it of a packaging; raises `QlumodError`."""
    with told(path, "read"), open_regular(path) as file:
        whole = _Member(0, file.seek(0, io.SEEK_END), ".xz")
        yield from _unpacked(path, _Window(file, whole), whole, MOST_CONTROL)


class _Window:
    """The bytes of a member of an open .deb."""

    def __init__(self, file: BinaryIO, member: _Member) -> None:
        self._file, self.left = file, member.size
        file.seek(member.offset)

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(self.left if size < 0 else min(size, self.left))
        self.left -= len(data)
        return data

    def skip(self, size: int) -> None:
        """Leave so many bytes out."""
        if size > self.left:
            raise EOFError("it ends early")
        self.left -= size
        self._file.seek(size, io.SEEK_CUR)


class _Xz:
    """What xz or lzma has packed; `LZMAFile` has no limit of memory."""

    def __init__(self, packed: _Readable) -> None:
        self._packed = packed
        self._unpacking = lzma.LZMADecompressor(memlimit=MOST_MEMORY)

    def read(self, size: int, /) -> bytes:
        data = b""
        while not data and not self._unpacking.eof:
            more = self._packed.read(BLOCK) if self._unpacking.needs_input else b""
            if self._unpacking.needs_input and not more:
                raise EOFError("it ends early")
            data = self._unpacking.decompress(more, size)
        return data


class _Unpacked:
    """The bytes of an archive, unpacked as they are asked for, up to a limit."""

    def __init__(self, path: Path, packed: _Window, ending: str, most: int) -> None:
        self._path, self._most = path, most
        self._source = _unpacking(packed, ending)
        self._window = None if ending else packed
        self.position = 0

    def read(self, size: int) -> bytes:
        """So many bytes, all of which must be there; raises `QlumodError`."""
        data = self.some(size)
        if len(data) != size:
            raise self.fault("it ends early")
        return data

    def some(self, size: int) -> bytes:
        """So many bytes, or as many as there are; raises `QlumodError`."""
        try:
            data = self._source.read(size)
            while len(data) < size and (more := self._source.read(size - len(data))):
                data += more
        except faults() as fault:
            raise self.fault(fault) from fault
        self._go_on(len(data))
        return data

    def skip_to(self, position: int) -> None:
        """Leave out what is before that; raises `QlumodError`."""
        if self._window:
            self._window.skip(position - self.position)
            self._go_on(position - self.position)
        while self.position < position:
            self.read(min(BLOCK, position - self.position))

    def finish(self) -> None:
        """Unpack the rest: the checksum of what was packed stands at its end."""
        while self._window is None and self.some(BLOCK):
            pass

    def fault(self, what: object) -> QlumodError:
        """The error for an archive that is not what it should be."""
        return unreadable(self._path, what)

    def _go_on(self, size: int) -> None:
        self.position += size
        if self.position > self._most and self._window is None:
            raise self.fault(f"it unpacks to more than {self._most} bytes")


def _unpacking(packed: _Window, ending: str) -> _Readable:
    found: _Readable = packed
    match ending:
        case ".gz":
            found = _gunzipping(packed)
        case ".bz2":
            found = bz2.BZ2File(packed)  # type: ignore[call-overload]
        case ".xz" | ".lzma":
            found = _Xz(packed)
        case ".zst":
            found = zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True)
    return found


def _gunzipping(packed: _Window) -> _Readable:
    """What gzip has packed; few bytes at once: thousands of small packages take half the time."""
    if packed.left > FEW:
        return gzip.GzipFile(fileobj=packed)  # type: ignore[call-overload, no-any-return]
    data = packed.read()
    unpacking = zlib.decompressobj(_GZIP)
    found = unpacking.decompress(data, SMALL)
    whole = unpacking.eof and not unpacking.unused_data
    return io.BytesIO(found) if whole else gzip.GzipFile(fileobj=io.BytesIO(data))


def _members(path: Path, file: BinaryIO, size: int) -> tuple[_Member, _Member]:
    """Where control.tar and data.tar are; raises `QlumodError`."""
    file.seek(0)
    if file.read(len(_MAGIC)) != _MAGIC:
        raise QlumodError(f"{path}: this is no .deb: it is no ar archive")
    found: list[_Member] = []
    end = len(_MAGIC)
    while end < size:
        file.seek(end)
        header = file.read(_HEADER)
        _check_header(path, header, end, size)
        member = _Member(end + _HEADER, int(header[48:58]), "")
        end = member.offset + member.size
        if end > size:
            raise _truncated(path, size, end)
        name = _text(header[:16].rstrip(b" ").removesuffix(b"/"))
        if len(found) < len(_MEMBERS) and not name.startswith("_"):
            found.append(_wanted(path, member, name, len(found)))
        # Members begin at even places; the last one may go without its padding.
        end += end % 2
    if len(found) < len(_MEMBERS):
        raise unreadable(path, f"it has {len(found)} of the {len(_MEMBERS)} members of a .deb")
    if not _VERSION.match(_Window(file, found[0]).read(_HEADER)):
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


def _wanted(path: Path, member: _Member, name: str, place: int) -> _Member:
    found = _MEMBERS[place].fullmatch(name)
    if not found:
        raise unreadable(path, f"dpkg takes no member {name!r} in this place")
    return replace(member, ending=found[1])


def _unpacked(path: Path, packed: _Window, member: _Member, most: int) -> Iterator[File]:
    try:
        yield from _files(_Unpacked(path, packed, member.ending, most))
    except faults() as fault:
        raise unreadable(path, fault) from fault


def _files(archive: _Unpacked) -> Iterator[File]:
    """What is in a tar archive; raises `ValueError` and `QlumodError`."""
    long: dict[bytes, str] = {}
    while (header := archive.some(_BLOCK)) and header != _NOTHING:
        size = _size_of(header)
        kind = header[156:157]
        if kind in _LONG:
            long[kind] = _long(archive, size)
            continue
        file = _file(archive, header, size, long)
        end = archive.position + -(-file.size // _BLOCK) * _BLOCK
        yield file
        archive.skip_to(end)
        long = {}
    archive.finish()


def _file(archive: _Unpacked, header: bytes, size: int, long: Mapping[bytes, str]) -> File:
    path = long[_LONG_PATH] if _LONG_PATH in long else _path_in(header)
    kind = _KINDS.get(header[156:157])
    if kind is None:
        raise ValueError(f"dpkg unpacks nothing of the type {header[156:157]!r} ({path[:80]!r})")
    if kind == _FILE and path.endswith("/"):
        kind = _DIRECTORY
    return File(
        relative(path),
        long[_LONG_TARGET] if _LONG_TARGET in long else _text(header[157:257]),
        size if kind == _FILE else 0,
        kind,
        header,
        archive,
    )


def relative(path: str) -> str:
    """A path of a .deb without what it may begin and end with; the root directory's is empty."""
    return "" if path == "." else path.removeprefix("./").strip("/")


def _path_in(header: bytes) -> str:
    name = _text(header[:100])
    if header[257:263] == b"ustar\0" and header[345]:
        return f"{_text(header[345:500])}/{name}"
    return name


def _long(archive: _Unpacked, size: int) -> str:
    """A path or target that has blocks of its own."""
    if size > MOST_PATH:
        raise ValueError(f"a path of {size} bytes is too long")
    end = archive.position + -(-size // _BLOCK) * _BLOCK
    text = _text(archive.read(size))
    archive.skip_to(end)
    return text


def _size_of(header: bytes) -> int:
    """What a header says of the size of what follows; raises `ValueError` where it is no header."""
    if len(header) < _BLOCK:
        raise ValueError("it ends within a header")
    # The sum is that of all bytes, with blanks in its own place.
    if sum(header[:148]) + 8 * ord(" ") + sum(header[156:]) != _number(header[148:156]):
        raise ValueError("a header in it is damaged")
    if not _PLAIN.match(header, 100):
        for place in _NUMBERS.values():
            _number(header[place])
    if (size := _number(header[124:136])) < 0:
        raise ValueError(f"a file in it has {size} bytes")
    return size


def _number(text: bytes) -> int:
    """A number of a header: octal digits, or bytes as GNU tar writes large and negative ones."""
    if text[0] & 0x80:
        value = int.from_bytes(text[1:], "big")
        return value - (1 << 8 * len(text) - 8) if text[0] == 0xFF else value
    digits = text.strip(b" \0")
    if digits and not digits.isdigit():
        raise ValueError(f"{text!r} is no number of a header")
    return int(digits or b"0", 8)


def _text(name: bytes) -> str:
    return name.partition(b"\0")[0].decode(errors="surrogateescape")
