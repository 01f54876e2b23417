"""What two installations can differ in."""

from dataclasses import dataclass
from enum import StrEnum


class Aspect(StrEnum):
    """What of a path differs."""

    MISSING = "missing"
    """Only the one installation has it."""
    EXTRA = "extra"
    """Only the stack has it."""
    TYPE = "type"
    MODE = "mode"
    OWNER = "owner"
    GROUP = "group"
    CONTENT = "content"
    TARGET = "link target"
    DEVICE = "device number"
    ATTRIBUTES = "extended attributes"
    ACCESS_LISTS = "access control lists"
    HARD_LINKS = "hard links"
    ENTRY = "entry"
    """An entry of a file of shared state is missing, extra or different."""
    ORDER = "order"
    """A file of shared state has the same entries, written differently."""
    ID = "id"
    """A name has another number."""
    RECORD = "record"
    """What was recorded of a path is not true."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Difference:
    """One difference at a path: what the one installation has, and what the stack has.

    `subject` is the entry within the file, such as ``user munge``.
    """

    path: str
    aspect: Aspect
    subject: str = ""
    reference: str = ""
    stack: str = ""

    def __str__(self) -> str:
        what = f"{self.aspect} ({self.subject})" if self.subject else str(self.aspect)
        if self.aspect in (Aspect.MISSING, Aspect.EXTRA):
            return f"{self.path}: {what} {self.reference or self.stack}"
        if not self.reference and not self.stack:
            return f"{self.path}: {what}"
        return f"{self.path}: {what}: {self.reference or '-'} → {self.stack or '-'}"
