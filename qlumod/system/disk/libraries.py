"""The exceptions that libraries raise for invalid bytes: the only list of them."""

import lzma
import struct
import zlib
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.late import late

tarfile = late("tarfile")
zstandard = late("zstandard")


def faults() -> tuple[type[Exception], ...]:
    """All exceptions that libraries raise if the bytes are wrong, not the program.

    Use it as ``except faults() as fault``: it is only evaluated after an exception.
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
        struct.error,
        tarfile.TarError,
        zlib.error,
        zstandard.ZstdError,
    )


def unreadable(path: Path, what: object, *, kind: str = "a .deb") -> QlumodError:
    """The error for a file whose bytes are not what they should be; `what` says why."""
    reason = str(what) or type(what).__name__
    return QlumodError(
        f"{path}: cannot be read as {kind}: {reason}", remedy="copy or build it again"
    )
