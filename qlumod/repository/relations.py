"""What the packages of a suite need of each other."""

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from debian.deb822 import PkgRelation
from debian.debian_support import Version

from qlumod.repository.entries import Entry

NEEDS = re.compile(r"^(?:Pre-)?Depends:(.*(?:\n[ \t].*)*)", re.MULTILINE)
PROVIDES = re.compile(r"^Provides:(.*(?:\n[ \t].*)*)", re.MULTILINE)


def alternatives(entry: Entry, field: re.Pattern[str]) -> list[list[Any]]:
    """The relations of a field, each with its alternatives, as python-debian has them."""
    with warnings.catch_warnings():
        # What it cannot parse it takes for a name; apt then says what is wrong with it.
        warnings.simplefilter("ignore")
        return [
            found
            for value in field.findall(entry.text)
            for found in PkgRelation.parse_relations(value.strip())
        ]


def broken_by(removed: Sequence[Entry], staying: Iterable[Entry]) -> Iterator[tuple[Entry, str]]:
    """What stays and needs something that only the removed ones offer; and what it needs."""
    names = {name for entry in removed for name in _offers(entry)}
    if not names:
        return
    mentioned = re.compile("|".join(sorted(map(re.escape, names))))
    binaries = [entry for entry in staying if not entry.is_source]
    for entry in binaries:
        if mentioned.search("".join(NEEDS.findall(entry.text))):
            for relation in alternatives(entry, NEEDS):
                lost = any(_meets(one, relation) for one in removed)
                if lost and not any(_meets(one, relation) for one in binaries):
                    yield entry, PkgRelation.str([relation])


def _offers(entry: Entry) -> dict[str, str | None]:
    """The names that a package has, and in which version."""
    provided = {
        relation["name"]: relation["version"][1] if relation["version"] else None
        for group in alternatives(entry, PROVIDES)
        for relation in group
    }
    return {**provided, entry.package: entry.version}


def _meets(entry: Entry, relation: Sequence[Any]) -> bool:
    if not any(one["name"] in entry.text for one in relation):
        return False
    offers = _offers(entry)
    return any(
        one["name"] in offers and _has_version(offers[one["name"]], one["version"])
        for one in relation
    )


def _has_version(offered: str | None, wanted: tuple[str, str] | None) -> bool:
    if wanted is None:
        return True
    if offered is None:
        return False
    operator, version = wanted
    one, other = Version(offered), Version(version)
    compared: dict[str, bool] = {
        "<<": one < other,
        "<=": one <= other,
        "=": one == other,
        ">=": one >= other,
        ">>": one > other,
    }
    return compared[operator]
