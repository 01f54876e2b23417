"""Compressed streams: gzip, zlib, bzip2, xz, lzma and zstd, unpacked within the budget."""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from qlumod.late import late
from qlumod.secrets.ceilings import Budget, Exhausted
from qlumod.secrets.part import Part

zstandard = late("zstandard")

_CHUNK = 1 << 20

Pieces = Iterator[bytes]
"""The unpacked bytes of a stream, in pieces of at most a mebibyte."""


def streams(part: Part, budget: Budget) -> Iterator[Part]:
    """The unpacked content as one part; of a damaged stream, the bytes before the damage."""
    name, opened = next(
        (known[1:] for known in _FORMATS if part.data.startswith(known[0])), ("", None)
    )
    if opened is None:
        return
    pieces: list[bytes] = []
    fault = _gather(opened(part.data), pieces, budget)
    if fault:
        budget.skip(part.where, fault)
    if pieces:
        yield part.inner(_bare(part.called), f"unpacked ({name})", b"".join(pieces))


def is_stream(data: bytes) -> bool:
    """Whether the bytes are compressed, so that readers cannot find anything in them."""
    return any(data.startswith(known[0]) for known in _FORMATS if known[1] != "zlib")


def _gather(pieces: Pieces, into: list[bytes], budget: Budget) -> str:
    """Collect the unpacked bytes; returns the reason why the stream ended too early, or ""."""
    try:
        for piece in pieces:
            into.append(piece)
            budget.member(len(piece), members=0)
    except Exhausted as end:
        return str(end)
    except (zlib.error, OSError, lzma.LZMAError, EOFError, ValueError, _zstd_fault()):
        # Two bytes do not identify zlib reliably: data that does not unpack at all is no stream.
        return "it is damaged: it cannot be unpacked to its end" if into else ""
    return ""


def _zstd_fault() -> type[Exception]:
    fault: type[Exception] = zstandard.ZstdError
    return fault


def _bare(path: str) -> str:
    stem, dot, suffix = path.rpartition(".")
    return stem if dot and suffix in ("gz", "bz2", "xz", "lzma", "zst", "z") else path


def _zlib(wbits: int) -> Callable[[bytes], Pieces]:
    def pieces(data: bytes) -> Pieces:
        while data:
            stream = zlib.decompressobj(wbits)
            while not stream.eof:
                piece = stream.decompress(data, _CHUNK)
                if not piece and not stream.eof:
                    raise EOFError
                yield piece
                data = stream.unused_data if stream.eof else stream.unconsumed_tail
            data = data if data[:2] == b"\x1f\x8b" else b""

    return pieces


def _other(new: Callable[[], Any], magic: bytes) -> Callable[[bytes], Pieces]:
    def pieces(data: bytes) -> Pieces:
        while data:
            stream = new()
            piece = stream.decompress(data, _CHUNK)
            yield piece
            while not stream.eof:
                if not piece and stream.needs_input:
                    raise EOFError
                piece = stream.decompress(b"", _CHUNK)
                yield piece
            data = stream.unused_data if stream.unused_data.startswith(magic) else b""

    return pieces


def _zstd(data: bytes) -> Pieces:
    with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(
        data, read_across_frames=True
    ) as stream:
        while piece := stream.read(_CHUNK):
            yield piece


_FORMATS: tuple[tuple[bytes, str, Callable[[bytes], Pieces]], ...] = (
    (b"\x1f\x8b\x08", "gzip", _zlib(31)),
    (b"BZh", "bzip2", _other(bz2.BZ2Decompressor, b"BZh")),
    (b"\xfd7zXZ\0", "xz", _other(lzma.LZMADecompressor, b"\xfd7zXZ\0")),
    (b"\x5d\0\0", "lzma", _other(lzma.LZMADecompressor, b"\x5d\0\0")),
    (b"\x28\xb5\x2f\xfd", "zstd", _zstd),
    *((head, "zlib", _zlib(15)) for head in (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")),
)
