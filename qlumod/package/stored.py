"""gzip without compression, byte for byte the same with every library (RFC 1951, 1952)."""

import struct
import zlib
from typing import BinaryIO

_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""deflate, no name, no time, made on an unknown system."""
_BLOCK = 0xFFFF


class Stored:
    """A file-like object that stores its input uncompressed; `close` ends it.

    gzip and zlib change headers and blocks between versions, and a published name never gets other
    bytes.
    """

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self._waiting = b""
        self._size = 0
        self._sum = 0
        target.write(_HEADER)

    def write(self, data: bytes) -> int:
        self._size += len(data)
        self._sum = zlib.crc32(data, self._sum)
        waiting = memoryview(self._waiting + data)
        while len(waiting) > _BLOCK:
            self._put(waiting[:_BLOCK], last=False)
            waiting = waiting[_BLOCK:]
        self._waiting = bytes(waiting)
        return len(data)

    def close(self) -> None:
        """Write the remaining bytes, and their checksum; the target stays open."""
        self._put(memoryview(self._waiting), last=True)
        self._target.write(struct.pack("<II", self._sum, self._size & 0xFFFFFFFF))

    def _put(self, block: memoryview, *, last: bool) -> None:
        size = len(block)
        self._target.write(struct.pack("<BHH", last, size, size ^ 0xFFFF))
        self._target.write(block)
