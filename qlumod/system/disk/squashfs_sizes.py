"""The stored size of each file in a squashfs image, read from the image's own tables.

No program prints it: unsquashfs shows only unpacked sizes. The format is that of the kernel's
fs/squashfs/squashfs_fs.h.
"""

import mmap
import struct
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.model.packed import zstd_frame
from qlumod.system.disk.libraries import faults, unreadable
from qlumod.system.disk.refusals import told
from qlumod.system.processes.command import CommandFailed, PrintedTooMuch, command
from qlumod.system.processes.run import capture

_MAGIC = 0x73717368
_ZSTD = 6
_SUPERBLOCK = struct.Struct("<5I6H8Q")
_INODE = struct.Struct("<4H2I")
_DIRECTORY, _FILE, _LONG_DIRECTORY, _LONG_FILE = 1, 2, 8, 9
_LAYOUTS = {
    _DIRECTORY: struct.Struct("<IIHHI"),
    _FILE: struct.Struct("<4I"),
    _LONG_DIRECTORY: struct.Struct("<4IHHI"),
    _LONG_FILE: struct.Struct("<3Q4I"),
}
_HEADER = struct.Struct("<3I")
_ENTRY = struct.Struct("<HhHH")
_FRAGMENT = struct.Struct("<QII")
_TABLE_BLOCK = 8192
"""The size of each block of a table, except the last one."""
_TABLE_RAW = 1 << 15
_DATA_RAW = 1 << 24
"""The bits in the length of a block that is stored uncompressed."""
_NO_FRAGMENT = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class _File:
    """The content of a file: whole blocks, and a tail in a block that it shares with others."""

    start: int
    blocks: int
    fragment: int
    offset: int
    tail: int


def stored_sizes(image: Path) -> Mapping[str, float]:
    """The stored size of each file of an image, by absolute path; the rest of it is tables.

    A block of tails is divided among its files; of files with the same content, only the first by
    path has a size. Raises `QlumodError` if the image is damaged.
    """
    try:
        with told(image, "read"):
            return _stored_sizes(image)
    except faults() as fault:
        raise unreadable(image, fault, kind="a squashfs image") from fault


def _stored_sizes(image: Path) -> Mapping[str, float]:
    with image.open("rb") as source:
        _require_squashfs(source.read(_SUPERBLOCK.size), image)
        with mmap.mmap(source.fileno(), 0, prot=mmap.PROT_READ) as data:
            tables = _Tables(data)
            files = dict(tables.files("", tables.root))
            fragments = tables.fragments()
    first: dict[_File, str] = {}
    for path in sorted(files):
        first.setdefault(files[path], path)
    tails: Counter[int] = Counter()
    for file in first:
        tails[file.fragment] += file.tail
    return {
        path: file.blocks + (fragments[file.fragment] * file.tail / tails[file.fragment])
        if file.tail
        else file.blocks
        for file, path in first.items()
    }


def _require_squashfs(start: bytes, image: Path) -> None:
    fields = _SUPERBLOCK.unpack(start) if len(start) == _SUPERBLOCK.size else (0,) * 6
    if fields[0] != _MAGIC or fields[5] != _ZSTD:
        raise QlumodError(f"{image}: this is no squashfs image that zstd compressed")


class _Tables:
    """The tables of an image, unpacked."""

    def __init__(self, data: mmap.mmap) -> None:
        _, _, _, block, self._count, *_ = fields = _SUPERBLOCK.unpack_from(data)
        root, _, ids, _, inodes, directories, fragments, _ = fields[-8:]
        self._data, self._block, self._index = data, block, fragments
        (end,) = struct.unpack_from("<Q", data, fragments if self._count else ids)
        self._inodes = _Table(data, inodes, directories)
        self._directories = _Table(data, directories, end)
        self._seen: set[tuple[int, int]] = set()
        self.root = root >> 16, root & 0xFFFF

    def files(self, path: str, place: tuple[int, int]) -> Iterator[tuple[str, _File]]:
        """All files at and below an inode."""
        text, at = self._inodes.place(*place)
        kind = _INODE.unpack_from(text, at)[0]
        at += _INODE.size
        if kind in (_DIRECTORY, _LONG_DIRECTORY):
            if place in self._seen:
                raise ValueError(f"the directory {path} is at two places in it")
            self._seen.add(place)
            for name, child in self._listed(kind, _LAYOUTS[kind].unpack_from(text, at)):
                yield from self.files(f"{path}/{name}", child)
        elif kind in (_FILE, _LONG_FILE):
            yield path, self._file(kind, text, at)

    def _listed(self, kind: int, fields: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, int]]]:
        if kind == _DIRECTORY:
            block, _, size, offset, _ = fields
        else:
            _, size, block, _, _, offset, _ = fields
        text, at = self._directories.place(block, offset)
        end = at + size - 3
        while at < end:
            count, start, _ = _HEADER.unpack_from(text, at)
            at += _HEADER.size
            for _ in range(count + 1):
                inode, _, _, length = _ENTRY.unpack_from(text, at)
                at += _ENTRY.size
                name = text[at : at + length + 1].decode(errors="surrogateescape")
                at += length + 1
                yield name, (start, inode)

    def _file(self, kind: int, text: bytes, at: int) -> _File:
        fields = _LAYOUTS[kind].unpack_from(text, at)
        if kind == _FILE:
            start, fragment, offset, size = fields
        else:
            start, size, _, _, fragment, offset, _ = fields
        whole = fragment == _NO_FRAGMENT
        count = -(-size // self._block) if whole else size // self._block
        lengths = struct.unpack_from(f"<{count}I", text, at + _LAYOUTS[kind].size)
        return _File(
            start=start if count else 0,
            blocks=sum(length & ~_DATA_RAW for length in lengths),
            fragment=fragment,
            offset=0 if whole else offset,
            tail=0 if whole else size % self._block,
        )

    def fragments(self) -> list[int]:
        """The stored size of each block of tails."""
        if not self._count:
            return []
        blocks = -(-self._count * _FRAGMENT.size // _TABLE_BLOCK)
        starts = struct.unpack_from(f"<{blocks}Q", self._data, self._index)
        text, _ = _Table(self._data, starts[0], self._index).place(0, 0)
        rows = _FRAGMENT.iter_unpack(text[: self._count * _FRAGMENT.size])
        return [size & ~_DATA_RAW for _, size, _ in rows]


class _Table:
    """A table as one byte string; in the image it is a sequence of compressed blocks."""

    def __init__(self, data: mmap.mmap, start: int, end: int) -> None:
        frames: list[bytes] = []
        self._places: dict[int, int] = {}
        at = start
        while at < end:
            (length,) = struct.unpack_from("<H", data, at)
            size = length & ~_TABLE_RAW
            block = data[at + 2 : at + 2 + size]
            self._places[at - start] = len(frames) * _TABLE_BLOCK
            frames.append(zstd_frame(block) if length & _TABLE_RAW else block)
            at += 2 + size
        call = command("zstd", "-dcq", stdin=b"".join(frames))
        try:
            self._text = capture(call, most=len(frames) * _TABLE_BLOCK)
        except (CommandFailed, PrintedTooMuch) as fault:
            raise ValueError("a table is not what zstd compressed") from fault

    def place(self, block: int, offset: int) -> tuple[bytes, int]:
        """The bytes, and the position in them that the image gives as block and offset."""
        return self._text, self._places[block] + offset
