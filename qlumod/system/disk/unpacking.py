"""Decompressing an archive on demand, with limits of bytes and of memory."""

import bz2
import gzip
import hashlib
import io
import lzma
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from qlumod.errors import QlumodError
from qlumod.late import late
from qlumod.model.names import Digest
from qlumod.model.packed import at_once
from qlumod.system.disk.libraries import faults, unreadable
from qlumod.system.disk.refusals import told
from qlumod.system.disk.regular_files import BLOCK, Sum, open_regular

zstandard = late("zstandard")

FEW = 1 << 16
"""How many compressed bytes are decompressed at once."""
FEW_UNPACKED = 1 << 20
"""Bytes that these may unpack to; what has more is unpacked piece by piece."""
AHEAD = 1 << 16
"""Bytes that are unpacked at least, where fewer are asked for: most headers of tar come so."""
MOST_MEMORY = 1 << 28
"""Bytes of memory that unpacking xz may take: four times what ``xz -9`` asks for."""


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Extent:
    """The extent of an archive in a file, and the file name's ending of its compression."""

    offset: int
    size: int
    ending: str


class Window:
    """The bytes of an archive in an open file."""

    def __init__(self, file: BinaryIO, member: Extent) -> None:
        self._file, self.left = file, member.size
        file.seek(member.offset)

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, or all that are left."""
        data = self._file.read(self.left if size < 0 else min(size, self.left))
        self.left -= len(data)
        return data

    def skip(self, size: int) -> None:
        """Skip a number of bytes."""
        if size > self.left:
            raise EOFError("it ends early")
        self.left -= size
        self._file.seek(size, io.SEEK_CUR)


class _Xz:
    """Decompression of xz or lzma; `LZMAFile` has no limit of memory."""

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


class Unpacked:
    """The bytes of an archive, decompressed on demand, up to a limit."""

    def __init__(
        self, path: Path, packed: Window, ending: str, most: int, *, kind: str = "a .deb"
    ) -> None:
        self._path, self._most, self._kind = path, most, kind
        try:
            self._source = _unpacking(packed, ending)
        except faults() as fault:
            raise self.fault(fault) from fault
        self._window = None if ending else packed
        self._ahead, self._place = b"", 0
        self.position = 0

    def read(self, size: int) -> bytes:
        """Exactly this many bytes; raises `QlumodError` if there are fewer."""
        data = self.some(size)
        if len(data) != size:
            raise self.fault("it ends early")
        return data

    def some(self, size: int) -> bytes:
        """So many bytes, or as many as there are; raises `QlumodError`."""
        if self._place + size > len(self._ahead):
            self._read_ahead(size)
        data = self._ahead[self._place : self._place + size]
        self._go_on(len(data))
        return data

    def skip_to(self, position: int) -> None:
        """Leave out what is before that; raises `QlumodError`."""
        while (left := position - self.position) > 0:
            if there := len(self._ahead) - self._place:
                self._go_on(min(left, there))
            elif self._window:
                self._window.skip(left)
                self.position = position
            else:
                self.read(min(BLOCK, left))

    def finish(self) -> None:
        """Decompress the rest, since the checksum is at the end."""
        while self._window is None and self.some(BLOCK):
            pass

    def fault(self, what: object) -> QlumodError:
        """The error for an invalid archive."""
        return unreadable(self._path, what, kind=self._kind)

    def _read_ahead(self, size: int) -> None:
        ahead = self._ahead[self._place :]
        try:
            while len(ahead) < size and (more := self._source.read(max(size - len(ahead), AHEAD))):
                ahead += more
        except faults() as fault:
            raise self.fault(fault) from fault
        self._ahead, self._place = ahead, 0

    def _go_on(self, size: int) -> None:
        self._place += size
        self.position += size
        if self.position > self._most and self._window is None:
            raise self.fault(f"it unpacks to more than {self._most} bytes")


def unpacked_sum(path: Path, *, most: int, kind: str) -> Sum:
    """Size and digest of what a compressed file unpacks to; its ending names the compression.

    Raises `QlumodError` if it is damaged, or unpacks to more than `most` bytes; `kind` says what
    it should be, such as "an index".
    """
    hashing = hashlib.sha256()
    with told(path, "read"), open_regular(path) as file:
        whole = Extent(0, os.fstat(file.fileno()).st_size, path.suffix)
        unpacked = Unpacked(path, Window(file, whole), whole.ending, most, kind=kind)
        while block := unpacked.some(BLOCK):
            hashing.update(block)
        return Sum(size=unpacked.position, sha256=Digest(hashing.hexdigest()))


def _unpacking(packed: Window, ending: str) -> _Readable:
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


def _gunzipping(packed: Window) -> _Readable:
    """Decompression of gzip, a few bytes at once: it halves the time of many small packages."""
    if packed.left > FEW:
        return gzip.GzipFile(fileobj=packed)  # type: ignore[call-overload, no-any-return]
    data = packed.read()
    found = at_once(data, FEW_UNPACKED)
    return gzip.GzipFile(fileobj=io.BytesIO(data)) if found is None else io.BytesIO(found)
