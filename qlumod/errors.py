"""The errors that qlumod raises on purpose: what, where, and how to mend it."""

import errno
from collections.abc import Iterable

_SURROUNDINGS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)
"""What a machine refuses for reasons of its own: full, read-only, not allowed, broken."""


class QlumodError(Exception):
    """Something is wrong that a person can mend.

    `brief` is one line that says what and where (``file:line: field: …`` where there is a file),
    `details` are further lines such as a program's last output, `remedy` says how to mend it.
    Only the command line catches it.
    """

    def __init__(self, brief: str, *, details: Iterable[str] = (), remedy: str = "") -> None:
        super().__init__(brief)
        self.brief = brief
        self.details = tuple(details)
        self.remedy = remedy

    @property
    def as_json(self) -> dict[str, str | list[str]]:
        """The arguments that make the same error again, as JSON has them."""
        return {"brief": self.brief, "details": list(self.details), "remedy": self.remedy}

    def __str__(self) -> str:
        lines = [self.brief, *(f"  {line}".rstrip() for line in self.details)]
        if self.remedy:
            lines.append(f"To mend it: {self.remedy}")
        return "\n".join(lines)


class Faults(QlumodError):
    """Several faults of one document or one check, all reported at once."""

    def __init__(self, faults: Iterable[QlumodError]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def refusal(error: OSError) -> QlumodError | None:
    """What the machine refuses for reasons of its own; None: the mistake is in qlumod."""
    if error.errno not in _SURROUNDINGS:
        return None
    return QlumodError(f"cannot use {error.filename or 'an output'}: {error.strerror}")


def raise_faults(faults: Iterable[QlumodError]) -> None:
    """Raise nothing, the only fault, or all of them as one `Faults`."""
    found = tuple(faults)
    if len(found) == 1:
        raise found[0]
    if found:
        raise Faults(found)
