"""What two installations can differ in; the entries of a file that differ."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from qlumod.model.lines import lines_of

NO_TWO_ALIKE = "no two installations make this alike"
WAYS_OUT = (
    "leave it out (Exclude in the spec), and if nodes need it, have a unit make it at boot; list a "
    "key or an identity under Secrets; or have the package make the same bytes at any time "
    "(SOURCE_DATE_EPOCH)"
)
"""What to do about a file that no two installations make alike."""
_LONGEST = 160
"""Characters of an entry that are told."""


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

    `subject` is the entry within the file, such as ``user munge``. `any_two`: two installations of
    the same packages differ there, too, so that it is not the stack that made the difference.
    """

    path: str
    aspect: Aspect
    subject: str = ""
    reference: str = ""
    stack: str = ""
    any_two: bool = False

    @property
    def lacks_entry(self) -> bool:
        """Whether it is an entry that the stack's file lacks."""
        return self.aspect == Aspect.ENTRY and not self.stack

    @property
    def document(self) -> dict[str, object]:
        """The difference for JSON; `any_two` is there only if it is true."""
        values = asdict(self)
        return values if self.any_two else {n: v for n, v in values.items() if n != "any_two"}

    def __str__(self) -> str:
        what = f"{self.aspect} ({self.subject})" if self.subject else str(self.aspect)
        if self.aspect in (Aspect.MISSING, Aspect.EXTRA):
            return f"{self.path}: {what} {self.reference or self.stack}"
        if not self.reference and not self.stack:
            return f"{self.path}: {what}"
        return f"{self.path}: {what}: {self.reference or '-'} → {self.stack or '-'}"


def entries_differing(path: str, kind: str, reference: bytes, stack: bytes) -> Iterator[Difference]:
    """The entries of a file in a canonical form that differ: stanzas, or lines.

    `kind` is the subject where a file has but one entry.
    """
    one, other = _blocks(reference), _blocks(stack)
    for key in sorted({*one, *other}):
        expected, found = one.get(key, []), other.get(key, [])
        if expected != found:
            told, also = lines_differing(expected, found)
            yield Difference(
                path=path,
                aspect=Aspect.ENTRY,
                subject=key if len(expected) + len(found) > 1 else kind,
                reference=told,
                stack=also,
            )


def lines_differing(reference: Sequence[str], stack: Sequence[str]) -> tuple[str, str]:
    """What only the one has and what only the other has, each in one line."""
    return _shortened(_only_in(reference, stack)), _shortened(_only_in(stack, reference))


def _blocks(text: bytes) -> dict[str, list[str]]:
    """The lines of each stanza by its first line, or each line by itself."""
    whole = text.decode(errors="surrogateescape")
    blocks = whole.split("\n\n") if "\n\n" in whole else lines_of(whole)
    found: dict[str, list[str]] = {}
    for block in blocks:
        if lines := lines_of(block.strip("\n")):
            while lines[0] in found:
                lines[0] += " (again)"
            found[lines[0]] = lines
    return found


def _only_in(lines: Sequence[str], others: Sequence[str]) -> Iterator[str]:
    known = set(others)
    return (line for line in lines if line not in known)


def _shortened(lines: Iterable[str]) -> str:
    text = " | ".join(line.strip() for line in lines)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
