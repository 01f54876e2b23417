"""Compressing an index by chunks, of which a publication only compresses those that changed.

gzip members and zstd frames may follow each other in one file, and apt reads them so. Where a chunk
ends is told by the text itself, so that the same text always gives the same bytes.
"""

import gzip
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from qlumod.events import Listener
from qlumod.model.digests import digest_bytes
from qlumod.system.files import make_directories, read_bytes, write_whole
from qlumod.system.run import capture, command

GZIP_LEVEL = 9
ZSTD_LEVEL = 9
GZ, ZST = ".gz", ".zst"
SMALLEST = 1 << 17
"""Bytes that a chunk has at least; below that, compression would lose much."""
_ONE_IN = 64
"""How many pieces a chunk has beyond those, on the average."""


def chunks(text: bytes, separator: bytes) -> Iterator[bytes]:
    """Cut a text into chunks of whole pieces; what is changed in one leaves the others alone."""
    start = 0
    end = text.find(separator, SMALLEST)
    while end != -1:
        end += len(separator)
        following = text.find(separator, end)
        piece = text[end:following] if following != -1 else text[end:]
        # The first line names the package or path: a piece that stays goes on beginning its chunk.
        if zlib.crc32(piece.partition(b"\n")[0]) % _ONE_IN == 0 and piece:
            yield text[start:end]
            start, following = end, text.find(separator, end + SMALLEST)
        end = following
    yield text[start:]


def pack(text: bytes, separator: bytes, ending: str, known: Path, *, listen: Listener) -> bytes:
    """Compress a text as `ending` says; `known` holds chunks by their digests."""
    return b"".join(_packed(chunk, ending, known, listen) for chunk in chunks(text, separator))


def _packed(chunk: bytes, ending: str, known: Path, listen: Listener) -> bytes:
    there = known / f"{digest_bytes(chunk)}{ending}"
    if there.is_file():
        return read_bytes(there)
    data = _PACKERS[ending](chunk, listen)
    make_directories(known)
    write_whole(there, data)
    return data


def _gzip(data: bytes, listen: Listener) -> bytes:
    del listen
    return gzip.compress(data, GZIP_LEVEL, mtime=0)


def _zstd(data: bytes, listen: Listener) -> bytes:
    # It is told the size, since otherwise it makes ready for anything, however little comes.
    size = f"--stream-size={len(data)}"
    words = ("--quiet", "--stdout", f"-{ZSTD_LEVEL}", "--single-thread", size)
    return capture(command("zstd", *words, stdin=data), listen=listen)


_PACKERS: dict[str, Callable[[bytes, Listener], bytes]] = {GZ: _gzip, ZST: _zstd}
