"""What gzip(1) packed, taken apart again: only as much of it as a file may be; pure."""

import gzip
import io
import zlib
from typing import Final

from qlumod.errors import QlumodError

MOST: Final = 1 << 28
"""Bytes that an unpacked file may have: contents of a million paths have half of that."""


def unpacked(data: bytes, path: str, *, most: int = MOST) -> bytes:
    """The bytes that were packed; raises `QlumodError` where they are no gzip file, or too many.

    `path` is the packed file's name for errors.
    """
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as source:
            found = source.read(most + 1)
    except (OSError, EOFError, zlib.error) as fault:
        raise QlumodError(
            f"{path}: cannot be unpacked: {fault}", remedy="get or make the file again"
        ) from fault
    if len(found) > most:
        raise QlumodError(
            f"{path}: unpacked, it has more than {most} bytes, which is too much for what it"
            " should be",
            remedy="see what it is, and put the right file there",
        )
    return found
