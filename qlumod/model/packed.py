"""What gzip packed, unpacked up to a limit: a few bytes may stand for more than a memory has."""

import gzip
import io
import zlib

from qlumod.errors import QlumodError

MOST = 1 << 28
"""Bytes that a packed document may have: the contents of a module of a million files."""
_GZIP = 31
"""What zlib calls the format of gzip."""


def unpacked(data: bytes, path: str, *, most: int = MOST) -> bytes:
    """What a file of gzip holds; raises `QlumodError` where it is damaged or has more than `most`.

    `path` names it for errors.
    """
    try:
        found = at_once(data, most + 1)
        if found is None:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as reading:
                found = reading.read(most + 1)
    except (OSError, EOFError, zlib.error) as fault:
        raise QlumodError(
            f"{path}: what gzip packed is damaged: {fault}", remedy="put the right file there"
        ) from fault
    if len(found) > most:
        raise QlumodError(
            f"{path}: it unpacks to more than {most} bytes, too much for what it is",
            remedy="see what it is, and put the right file there",
        )
    return found


def at_once(data: bytes, most: int) -> bytes | None:
    """What gzip packed in one piece; None: there is more, or it unpacks to more than `most` bytes.

    Of few bytes it takes a third of the time of `GzipFile`. Raises `zlib.error`.
    """
    unpacking = zlib.decompressobj(_GZIP)
    found = unpacking.decompress(data, most)
    return found if unpacking.eof and not unpacking.unused_data else None
