"""What libraries raise where they read bytes that somebody else wrote: the one list of it."""

import gzip
import io
import lzma
import tarfile
import zlib
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.late import late

zstandard = late("zstandard")

MOST = 1 << 28
"""Bytes that one document may unpack to: the contents of the largest modules have a tenth."""


def faults() -> tuple[type[Exception], ...]:
    """All that libraries raise where the bytes are wrong, and not the program.

    It is called where something was raised: ``except faults() as fault``.
    """
    return (
        ArithmeticError,
        EOFError,
        LookupError,
        MemoryError,
        OSError,
        RecursionError,
        SystemError,  # python-apt's Error is one
        ValueError,
        lzma.LZMAError,
        tarfile.TarError,
        zlib.error,
        zstandard.ZstdError,
    )


def gunzipped(data: bytes) -> bytes:
    """What bytes unpack to that gzip has packed; raises `QlumodError`."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            found = packed.read(MOST + 1)
    except faults() as fault:
        raise QlumodError(f"cannot be unpacked: {fault}") from fault
    if len(found) > MOST:
        raise QlumodError(f"it unpacks to more than {MOST} bytes")
    return found


def unreadable(path: Path, what: object, *, kind: str = "a .deb") -> QlumodError:
    """The error for a file whose bytes are not what they should be; `what` says why."""
    reason = str(what) or type(what).__name__
    return QlumodError(
        f"{path}: cannot be read as {kind}: {reason}", remedy="copy or build it again"
    )
