"""The errors that qlumod raises deliberately: what, where, and the remedy."""

import errno
from collections.abc import Iterable

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
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def refusal(error: OSError) -> QlumodError | None:
    """The error for a failure caused by the state of the machine; None: the fault is in qlumod."""
    if error.errno not in _SURROUNDINGS:
        return None
    return QlumodError(f"cannot use {error.filename or 'an output'}: {error.strerror}")


def raise_faults(faults: Iterable[QlumodError]) -> None:
    """Raise nothing, the only error, or all of them as one `Faults`."""
    found = tuple(faults)
    if len(found) == 1:
        raise found[0]
    if found:
        raise Faults(found)
