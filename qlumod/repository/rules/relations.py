"""Dependencies between the packages of a suite."""

import logging
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from qlumod.late import late
from qlumod.repository.format.index_entries import IndexEntry

deb822 = late("debian.deb822")
debian_support = late("debian.debian_support")

_WORD = re.compile(r"[a-z0-9][a-z0-9+.-]+")

# python-debian takes what it cannot parse for a name, and logs it; apt reports the fault later.
logging.getLogger("debian.deb822").addFilter(
    lambda record: "cannot parse package relationship" not in record.getMessage()
)


def _field(name: str) -> re.Pattern[str]:
    """A pattern for the value of a field in a paragraph, with continuation lines."""
    return re.compile(rf"^{name}:(.*(?:\n[ \t].*)*)", re.MULTILINE)


NEEDS = _field("(?:Pre-)?Depends")
PRE_DEPENDS = _field("Pre-Depends")
PROVIDES = _field("Provides")


def alternatives(text: str, field: re.Pattern[str]) -> list[Sequence[Any]]:
    """The relations of a paragraph's field, each with its alternatives (python-debian)."""
    return [found for value in field.findall(text) for found in _relations(value.strip())]


@lru_cache(maxsize=1000)
def _relations(value: str) -> Sequence[Sequence[Any]]:
    """Parse a field; cached, since the modules of a release have equal fields."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return tuple(map(tuple, deb822.PkgRelation.parse_relations(value)))


def broken_by(
    removed: Sequence[IndexEntry], staying: Iterable[IndexEntry]
) -> Iterator[tuple[IndexEntry, str]]:
    """Each staying entry that needs something only removed entries offer, and that relation."""
    names = {name for entry in removed for name in _offers(entry)}
    binaries = [entry for entry in staying if not entry.is_source]
    needing = [entry for entry in binaries if _mentions(entry, names)]
    if not needing:
        return
    gone, there = _by_name(removed), _by_name(binaries)
    for entry in needing:
        for relation in alternatives(entry.text, NEEDS):
            if _is_met(relation, gone) and not _is_met(relation, there):
                yield entry, deb822.PkgRelation.str([relation])


def _mentions(entry: IndexEntry, names: set[str]) -> bool:
    """Whether a package may need one of these names: a fast filter, since most packages do not."""
    return not names.isdisjoint(_WORD.findall("".join(NEEDS.findall(entry.text))))


def _by_name(entries: Iterable[IndexEntry]) -> dict[str, set[str | None]]:
    """The versions of each name that the packages have or provide."""
    found: dict[str, set[str | None]] = {}
    for entry in entries:
        for name, version in _offers(entry).items():
            found.setdefault(name, set()).add(version)
    return found


def _is_met(relation: Sequence[Any], offered: Mapping[str, set[str | None]]) -> bool:
    return any(
        _has_version(version, one["version"])
        for one in relation
        for version in offered.get(one["name"], ())
    )


def _offers(entry: IndexEntry) -> dict[str, str | None]:
    """The names that a package has or provides, with versions."""
    if "\nProvides:" not in entry.text:
        return {entry.package: entry.version}
    provided = {
        relation["name"]: relation["version"][1] if relation["version"] else None
        for group in alternatives(entry.text, PROVIDES)
        for relation in group
    }
    return {**provided, entry.package: entry.version}


def _has_version(offered: str | None, wanted: tuple[str, str] | None) -> bool:
    if wanted is None:
        return True
    if offered is None:
        return False
    operator, version = wanted
    one, other = debian_support.Version(offered), debian_support.Version(version)
    compared: dict[str, bool] = {
        "<<": one < other,
        "<=": one <= other,
        "=": one == other,
        ">=": one >= other,
        ">>": one > other,
    }
    return compared[operator]
