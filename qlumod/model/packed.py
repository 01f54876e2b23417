"""gzip: decompression up to a limit, and compression with a header of our own (RFC 1952); and zstd
without compression.

A few bytes may decompress to more than the memory. Python writes other headers in other versions
(the byte of the operating system is 3 in 3.11 and 255 in 3.13), and the same input must have the
same bytes on each host.
"""

import gzip
import io
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from qlumod.errors import QlumodError

MOST = 1 << 28
"""Bytes that a packed document may have: the contents of a module of a million files."""
_GZIP = 31
"""What zlib calls the format of gzip."""
_DEFLATE = -15
"""What zlib calls deflate without a header."""
BEST = 9
"""The level of gzip that compresses most."""
_HEADER = b"\x1f\x8b\x08\0\0\0\0\0%c\x03"
"""deflate, without a name, without a time, with the flags of the level, made on Unix."""
_BLOCK = 1 << 17
"""The largest block of zstd (RFC 8878)."""
_FLAGS = {1: 4, BEST: 2}
"""XFL: the fastest and the best compression; other levels have none."""


def gzipped(pieces: Iterable[bytes], *, level: int = BEST) -> bytes:
    """Compress the pieces to one gzip file; the same pieces always have the same header.

    The compressed bytes are those of zlib, which all Pythons of Debian use.
    """
    parts: list[bytes] = []
    packing = Gzipping(parts.append, level=level)
    for piece in pieces:
        packing.write(piece)
    packing.finish()
    return b"".join(parts)


class Gzipping:
    """A gzip file that is written piece by piece, with the bytes of `gzipped`."""

    def __init__(self, write: Callable[[bytes], object], *, level: int = BEST) -> None:
        self._write = write
        self._packing = zlib.compressobj(level, zlib.DEFLATED, _DEFLATE)
        self._size = self._checksum = 0
        write(_HEADER % _FLAGS.get(level, 0))

    def write(self, piece: bytes) -> None:
        """Compress the next piece."""
        self._size += len(piece)
        self._checksum = zlib.crc32(piece, self._checksum)
        self._write(self._packing.compress(piece))

    def finish(self) -> None:
        """Write the end; nothing may be written after it."""
        end = struct.pack("<II", self._checksum, self._size & 0xFFFFFFFF)
        self._write(self._packing.flush() + end)


def unpacked(data: bytes, path: str, *, most: int = MOST) -> bytes:
    """The content of a gzip file; raises `QlumodError` if it is damaged or has more than `most`.

    `path` names it for errors.
    """
    with _told(path):
        found = at_once(data, most + 1)
        if found is None:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as reading:
                found = reading.read(most + 1)
    if len(found) > most:
        raise _too_much(path, most)
    return found


def unpacked_lines(data: bytes, path: str, *, most: int) -> Iterator[bytes]:
    """The lines of a gzip file, one by one, with their ends; raises `QlumodError` as `unpacked`."""
    left = most
    with _told(path), gzip.GzipFile(fileobj=io.BytesIO(data)) as reading:
        while line := reading.readline(left + 1):
            left -= len(line)
            if left < 0:
                raise _too_much(path, most)
            yield line


@contextmanager
def _told(path: str) -> Iterator[None]:
    """Turn the exceptions of gzip into an error."""
    try:
        yield
    except (OSError, EOFError, zlib.error) as fault:
        raise QlumodError(
            f"{path}: what gzip packed is damaged: {fault}", remedy="put the right file there"
        ) from fault


def _too_much(path: str, most: int) -> QlumodError:
    return QlumodError(
        f"{path}: it unpacks to more than {most} bytes, too much for what it is",
        remedy="see what it is, and put the right file there",
    )


def at_once(data: bytes, most: int) -> bytes | None:
    """What gzip packed in one piece; None: there is more, or it unpacks to more than `most` bytes.

    Of few bytes it takes a third of the time of `GzipFile`. Raises `zlib.error`.
    """
    unpacking = zlib.decompressobj(_GZIP)
    found = unpacking.decompress(data, most)
    return found if unpacking.eof and not unpacking.unused_data else None


def zstd_frame(data: bytes) -> bytes:
    """A zstd frame that contains the bytes uncompressed (RFC 8878); no tool has a part in it."""
    blocks = [data[at : at + _BLOCK] for at in range(0, len(data), _BLOCK)] or [b""]
    last = len(blocks) - 1
    frame = [b"\x28\xb5\x2f\xfd\xa0", struct.pack("<I", len(data))]
    for number, block in enumerate(blocks):
        frame += (struct.pack("<I", (number == last) | len(block) << 3)[:3], block)
    return b"".join(frame)
