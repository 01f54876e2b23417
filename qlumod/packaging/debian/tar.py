"""A tar archive as dpkg reads it: damaged or truncated archives are refused.

tarfile takes a damaged header for the end, reads formats that dpkg does not read, and takes four
times as long for small archives.
"""

import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from qlumod.system.disk.libraries import faults, unreadable
from qlumod.system.disk.regular_files import BLOCK
from qlumod.system.disk.unpacking import Unpacked, Window

MOST_TEXT = 1 << 26
"""The most bytes of a file that is read into memory."""
MOST_PATH = 1 << 16
"""The most bytes of a path with its own block, as written by GNU tar."""

_BLOCK = 512
_NOTHING = bytes(_BLOCK)
_BLANKS = b" " * 8
_PLAIN = re.compile(rb"(?:[0-7]{7}[ \0]){3}([0-7]{11})[ \0][0-7]{11}[ \0]([0-7]{6})\0 ")
"""Mode, owner, group, size, time and sum of a header in the most common format."""
_NUMBERS = {
    "mode": slice(100, 108),
    "uid": slice(108, 116),
    "gid": slice(116, 124),
    "mtime": slice(136, 148),
    "major": slice(329, 337),
    "minor": slice(337, 345),
}
_IDS, _TIMES = (0, 1 << 32), (-(1 << 40), 1 << 40)
"""The ranges of the numbers of users, and of times: from the first, below the second."""
_FILE, _HARD_LINK, _LINK, _DIRECTORY = b"0", b"1", b"2", b"5"
_CHARACTERS = b"3"
_KINDS = {kind: kind for kind in (_FILE, _HARD_LINK, _LINK, _CHARACTERS, b"4", _DIRECTORY, b"6")}
_KINDS |= {b"\0": _FILE, b"7": _FILE}
"""The types that dpkg unpacks, by the type in the header."""
_LONG_TARGET, _LONG_PATH = b"K", b"L"
_LONG = (_LONG_TARGET, _LONG_PATH)
"""The types of GNU tar's extra headers for paths and targets that are too long for the header."""


@dataclass(frozen=True, slots=True)
class File:
    """A file, link, directory or device in an archive.

    Its bytes can be read once, before the next entry is requested.
    """

    path: str
    """Relative, without a slash at its end; that of the root directory is empty."""
    size: int
    """0 for all but regular files."""
    _kind: bytes
    _header: bytes
    _long_target: str | None
    _archive: Unpacked

    @property
    def target(self) -> str:
        """The target of a link, unchanged."""
        return _text(self._header[157:257]) if self._long_target is None else self._long_target

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
        """Whether it is another name of an earlier file."""
        return self._kind == _HARD_LINK

    @property
    def is_whiteout(self) -> bool:
        """Whether it is a character device 0:0, which overlayfs takes for a removed path."""
        numbers = (self._number(name) for name in ("major", "minor"))
        return self._kind == _CHARACTERS and not any(numbers)

    @property
    def linked(self) -> str:
        """The path of that earlier file, for a hard link."""
        return relative(self.target)

    @property
    def mode(self) -> int:
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
        """The time of its modification, in seconds."""
        return self._number("mtime")

    def blocks(self) -> Iterator[bytes]:
        """Its bytes in pieces; raises `QlumodError`."""
        for start in range(0, self.size, BLOCK):
            yield self._archive.read(min(BLOCK, self.size - start))

    def read(self) -> bytes:
        """Its bytes; raises `QlumodError` if they are too many."""
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


def tar_files(path: Path, packed: Window, ending: str, most: int) -> Iterator[File]:
    """The files in an archive with a limit of its unpacked size; raises `QlumodError`."""
    try:
        yield from _files(Unpacked(path, packed, ending, most))
    except GeneratorExit:
        # The caller has read enough: libraries with the errors to translate need not be imported.
        raise
    except faults() as fault:
        raise unreadable(path, fault) from fault


def _files(archive: Unpacked) -> Iterator[File]:
    """The files in a tar archive; raises `ValueError` and `QlumodError`."""
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


def _file(archive: Unpacked, header: bytes, size: int, long: Mapping[bytes, str]) -> File:
    path = long[_LONG_PATH] if _LONG_PATH in long else _path_in(header)
    kind = _KINDS.get(header[156:157])
    if kind is None:
        raise ValueError(f"dpkg unpacks nothing of the type {header[156:157]!r} ({path[:80]!r})")
    if kind == _FILE and path.endswith("/"):
        kind = _DIRECTORY
    size = size if kind == _FILE else 0
    return File(relative(path), size, kind, header, long.get(_LONG_TARGET), archive)


def relative(path: str) -> str:
    """A path of an archive without its prefix and final slash; that of its top is empty."""
    return "" if path == "." else path.removeprefix("./").strip("/")


def _path_in(header: bytes) -> str:
    name = _text(header[:100])
    if header[257:263] == b"ustar\0" and header[345]:
        return f"{_text(header[345:500])}/{name}"
    return name


def _long(archive: Unpacked, size: int) -> str:
    """A path or target with its own blocks."""
    if size > MOST_PATH:
        raise ValueError(f"a path of {size} bytes is too long")
    end = archive.position + -(-size // _BLOCK) * _BLOCK
    text = _text(archive.read(size))
    archive.skip_to(end)
    return text


def _size_of(header: bytes) -> int:
    """The size in a header; raises `ValueError` if it is no header."""
    if len(header) < _BLOCK:
        raise ValueError("it ends within a header")
    plain = _PLAIN.match(header, 100)
    if _sum(header) != (int(plain[2], 8) if plain else _number(header[148:156])):
        raise ValueError("a header in it is damaged")
    if plain:
        return int(plain[1], 8)
    for name, place in _NUMBERS.items():
        least, most = _TIMES if name == "mtime" else _IDS
        if not least <= _number(header[place]) < most:
            raise ValueError(f"a header in it has a {name} that no system knows")
    if (size := _number(header[124:136])) < 0:
        raise ValueError(f"a file in it has {size} bytes")
    return size


def _sum(header: bytes) -> int:
    """The sum of all bytes of a header, with spaces in place of the sum itself."""
    counted = header[:148] + _BLANKS + header[156:]
    # For 512 ASCII characters it is the lower half of their Adler-32 (RFC 1950) minus one.
    return (zlib.adler32(counted) & 0xFFFF) - 1 if counted.isascii() else sum(counted)


def _number(text: bytes) -> int:
    """A number of a header: octal digits, or GNU tar's binary form of large and negative ones."""
    if text[0] & 0x80:
        value = int.from_bytes(text[1:], "big")
        return value - (1 << 8 * len(text) - 8) if text[0] == 0xFF else value
    digits = text.strip(b" \0")
    if digits and not digits.isdigit():
        raise ValueError(f"{text!r} is no number of a header")
    return int(digits or b"0", 8)


def _text(name: bytes) -> str:
    return name.partition(b"\0")[0].decode(errors="surrogateescape")
