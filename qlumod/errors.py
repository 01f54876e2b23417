"""The errors that qlumod raises deliberately: what, where, and the remedy."""

import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

_SURROUNDINGS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)
"""Errors caused by the state of the machine: disk full, read-only, not permitted, I/O error."""


class QlumodError(Exception):
    """An error that a person can fix.

    `brief` is one line that says what and where (``file:line: field: …`` if there is a file),
    `details` are further lines such as a program's last output, `remedy` says how to fix it. Only
    the command line catches it.
    """

    def __init__(self, brief: str, *, details: Iterable[str] = (), remedy: str = "") -> None:
        super().__init__(brief)
        self.brief = brief
        self.details = tuple(details)
        self.remedy = remedy

    @property
    def as_json(self) -> dict[str, str | list[str]]:
        """The arguments that make the same error again, as JSON values."""
        return {"brief": self.brief, "details": list(self.details), "remedy": self.remedy}

    def __str__(self) -> str:
        lines = [self.brief, *(f"  {line}".rstrip() for line in self.details)]
        if self.remedy:
            lines.append(f"To mend it: {self.remedy}")
        return "\n".join(lines)


class Faults(QlumodError):
    """Several errors of one document or one check, all reported at once."""

    def __init__(self, faults: Iterable[QlumodError]) -> None:
        self.faults = tuple(single for fault in faults for single in singles(fault))
        super().__init__("\n".join(str(fault) for fault in self.faults))


def singles(error: QlumodError) -> tuple[QlumodError, ...]:
    """The errors of which an error consists."""
    return error.faults if isinstance(error, Faults) else (error,)


@contextmanager
def gathering(faults: list[QlumodError]) -> Iterator[None]:
    """Add an error of the block to a list, so that what follows can find more of them."""
    try:
        yield
    except QlumodError as fault:
        faults.append(fault)


def refusal(error: OSError) -> QlumodError | None:
    """The error for a failure caused by the state of the machine; None: the fault is in qlumod."""
    if error.errno not in _SURROUNDINGS:
        return None
    return QlumodError(f"cannot use {error.filename or 'an output'}: {error.strerror}")


def together(faults: Iterable[QlumodError]) -> QlumodError:
    """The only error of some, or all of them as one `Faults`."""
    found = tuple(faults)
    return found[0] if len(found) == 1 else Faults(found)


def raise_faults(faults: Iterable[QlumodError]) -> None:
    """Raise nothing, the only error, or all of them as one `Faults`."""
    found = tuple(faults)
    if found:
        raise together(found)
