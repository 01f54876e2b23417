"""Dependencies between the packages of a suite, for clients of each architecture."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from qlumod.late import late
from qlumod.repository.format.index_entries import ALL, IndexEntry

debian_support = late("debian.debian_support")

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._-]+")
_RELATION = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9+._-]*)(?::([A-Za-z0-9-]+))?(?:\s*\(\s*([<=>]*)\s*([^\s()]+)\s*\))?",
    re.ASCII,
)
_OPERATORS = {"": "=", "<": "<=", ">": ">="}
"""What dpkg takes a missing or an obsolete operator for."""
_MULTI_ARCH = re.compile(r"^Multi-Arch: *(\w+)", re.MULTILINE)
ANY = "any"
"""The architecture in ``python3:any``."""


def _field(name: str) -> re.Pattern[str]:
    """A pattern for the value of a field in a paragraph, with continuation lines."""
    return re.compile(rf"^{name}:(.*(?:\n[ \t].*)*)", re.MULTILINE)


NEEDS = _field("(?:Pre-)?Depends")
PRE_DEPENDS = _field("Pre-Depends")
PROVIDES = _field("Provides")
EXCLUDES = _field("(?:Breaks|Conflicts)")


@dataclass(frozen=True, slots=True)
class RelatedPackage:
    """A package that a field names, such as ``libc6:i386 (>= 2.36)``."""

    name: str
    architecture: str = ""
    """``any`` or an architecture, as in ``libc6:i386``; empty: that of the package itself."""
    operator: str = ""
    """``<<``, ``<=``, ``=``, ``>=``, ``>>``; empty: any version."""
    version: str = ""

    def __str__(self) -> str:
        name = f"{self.name}:{self.architecture}" if self.architecture else self.name
        return f"{name} ({self.operator} {self.version})" if self.operator else name

    @property
    def foreign(self) -> str:
        """The architecture that it must have; empty: it may be that of the package itself."""
        return "" if self.architecture == ANY else self.architecture

    def is_met_by(self, version: str | None) -> bool:
        """Whether a package of that name has a right version; None: it states none."""
        if not self.operator:
            return True
        return version is not None and _compared(version, self.operator, self.version)


def alternatives(text: str, field: re.Pattern[str]) -> list[Sequence[RelatedPackage]]:
    """The relations of a paragraph's field, each with its alternatives."""
    return [found for value in field.findall(text) for found in _relations(value.strip())]


@dataclass(frozen=True, slots=True)
class Loss:
    """A relation of an entry that nothing would meet any more."""

    entry: IndexEntry
    relation: str

    def __str__(self) -> str:
        return f"{self.entry.title} needs {self.relation}"


def broken_by(
    removed: Sequence[IndexEntry], staying: Iterable[IndexEntry], clients: Collection[str] = ()
) -> Iterator[Loss]:
    """What each staying entry needs and only removed entries offer, on a client's architecture.

    `clients` are the architectures of clients, besides those of the entries.
    """
    names = {name for entry in removed for name, _ in offers(entry)}
    binaries = [entry for entry in staying if not entry.is_source]
    needing = [entry for entry in binaries if _mentions(entry, names)]
    if not needing:
        return
    found = {entry.architecture for entry in (*removed, *binaries)} | {*clients}
    architectures = sorted(found - {ALL}) or [ALL]
    gone, there = (
        {name: Offered(of, name) for name in architectures} for of in (removed, binaries)
    )
    for entry in needing:
        on = architectures if entry.architecture == ALL else [entry.architecture]
        for relation in alternatives(entry.text, NEEDS):
            lost = [a for a in on if gone[a].meets(relation) and not there[a].meets(relation)]
            if lost:
                where = f" on {', '.join(lost)}" if len(lost) < len(on) else ""
                yield Loss(entry, f"{' | '.join(map(str, relation))}{where}")


class Offered:
    """What packages offer to a client of one architecture."""

    def __init__(self, entries: Iterable[IndexEntry], architecture: str) -> None:
        self._versions: dict[tuple[str, str], set[str | None]] = {}
        for entry in entries:
            own = architecture if entry.architecture == ALL else entry.architecture
            places = {own, *_FOR_OTHERS.get(multi_arch(entry.text), ())}
            if own == architecture:
                places.add("")
            for name, version in offers(entry):
                for place in places:
                    self._versions.setdefault((name, place), set()).add(version)

    def meets(self, relation: Iterable[RelatedPackage]) -> bool:
        """Whether a package meets one of the alternatives."""
        return any(
            one.is_met_by(version)
            for one in relation
            for version in self._versions.get((one.name, one.architecture), ())
        )


_FOR_OTHERS = {"foreign": ("",), "allowed": (ANY,)}
"""How packages of any architecture may meet a relation: without one, or by ``name:any``."""


def multi_arch(text: str) -> str:
    """The field Multi-Arch of a paragraph, in small letters."""
    found = _MULTI_ARCH.search(text)
    return found[1].lower() if found else ""


def offers(entry: IndexEntry) -> list[tuple[str, str | None]]:
    """The names that a package has or provides, with versions."""
    return [(entry.package, entry.version), *provided_in(entry.text)]


def provided_in(text: str) -> list[tuple[str, str | None]]:
    """The names that a paragraph provides, with versions."""
    if "\nProvides:" not in text:
        return []
    return [
        (one.name, one.version or None) for group in alternatives(text, PROVIDES) for one in group
    ]


def _mentions(entry: IndexEntry, names: set[str]) -> bool:
    """Whether a package may need one of these names: a fast filter, since most packages do not."""
    return not names.isdisjoint(_WORD.findall("".join(NEEDS.findall(entry.text))))


@lru_cache(maxsize=1000)
def _relations(value: str) -> Sequence[Sequence[RelatedPackage]]:
    """Parse a field; cached, since the modules of a release have equal fields."""
    groups = (group for group in value.split(",") if group.strip())
    return tuple(tuple(map(_related, group.split("|"))) for group in groups)


def _related(text: str) -> RelatedPackage:
    """One relation; text that is none is taken for a name, which no package has."""
    found = _RELATION.fullmatch(text.strip())
    if not found:
        return RelatedPackage(text.strip())
    name, architecture, operator, version = found.groups(default="")
    if not version:
        return RelatedPackage(name, architecture)
    return RelatedPackage(name, architecture, _OPERATORS.get(operator, operator), version)


@lru_cache(maxsize=10_000)
def _compared(offered: str, operator: str, wanted: str) -> bool:
    try:
        one, other = debian_support.Version(offered), debian_support.Version(wanted)
    except ValueError:
        return False
    compared: dict[str, bool] = {
        "<<": one < other,
        "<=": one <= other,
        "=": one == other,
        ">=": one >= other,
        ">>": one > other,
    }
    return compared.get(operator, False)
