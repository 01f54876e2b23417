"""What libraries raise where they read bytes that somebody else wrote: the one list of it."""

import lzma
import zlib
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.late import late

tarfile = late("tarfile")
zstandard = late("zstandard")


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


def unreadable(path: Path, what: object, *, kind: str = "a .deb") -> QlumodError:
    """The error for a file whose bytes are not what they should be; `what` says why."""
    reason = str(what) or type(what).__name__
    return QlumodError(
        f"{path}: cannot be read as {kind}: {reason}", remedy="copy or build it again"
    )
