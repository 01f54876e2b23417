"""The errors that qlumod raises deliberately: what, where, and the remedy."""

import errno
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

_SURROUNDINGS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)
"""Errors caused by the state of the machine: disk full, read-only, not permitted, I/O error."""


Where = Mapping[str, str | int]
"""The place of a fault: ``file``, and if they are known ``line`` and ``field``."""


class QlumodError(Exception):
    """An error that a person can fix.

    `brief` is one line that says what and where (``file:line: field: …`` if there is a file),
    `details` are further lines such as a program's last output, `remedy` says how to fix it. For
    programs, `code` is the kind of the error in one word, and `where` its place. Only the command
    line catches it.
    """

    code = "refused"
    """The code of all errors of a class; that of one error replaces it."""

    def __init__(
        self,
        brief: str,
        *,
        details: Iterable[str] = (),
        remedy: str = "",
        code: str = "",
        where: Where | None = None,
    ) -> None:
        super().__init__(brief)
        self.brief = brief
        self.details = tuple(details)
        self.remedy = remedy
        self.code = code or self.code
        self.where = dict(where or {})

    @property
    def as_json(self) -> dict[str, object]:
        """The arguments that make the same error again, as JSON values."""
        return {
            "code": self.code,
            "brief": self.brief,
            "details": list(self.details),
            "remedy": self.remedy,
            "where": self.where,
        }

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
    return QlumodError(
        f"cannot use {error.filename or 'an output'}: {error.strerror}",
        code="system",
        where={"file": str(error.filename)} if error.filename else None,
    )


def together(faults: Iterable[QlumodError]) -> QlumodError:
    """The only error of some, or all of them as one `Faults`."""
    found = tuple(faults)
    return found[0] if len(found) == 1 else Faults(found)


def raise_faults(faults: Iterable[QlumodError]) -> None:
    """Raise nothing, the only error, or all of them as one `Faults`."""
    found = tuple(faults)
    if found:
        raise together(found)
