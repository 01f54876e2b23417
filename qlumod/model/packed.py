"""Decompression of gzip up to a limit: a few bytes may decompress to more than the memory."""

import gzip
import io
import zlib

from qlumod.errors import QlumodError

MOST = 1 << 28
"""The most bytes of a decompressed document: the contents of a module with a million files."""


def unpacked(data: bytes, path: str, *, most: int = MOST) -> bytes:
    """The content of a gzip file; raises `QlumodError` if it is damaged or has more than `most`.

    `path` names it for errors.
    """
    try:
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
