"""The stand-ins for the packages of the distribution, which the client of the trial has installed.

What the suite lacks is assumed to be there, in a version that the packages themselves name: one
that meets what they need, and that none of them excludes (Breaks, Conflicts). A relation without a
version is met by a stand-in without one. Each name has a stand-in of its own, so that a package may
replace it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from qlumod.repository.format.index_entries import IndexEntry
from qlumod.repository.format.indexes import PACKAGES
from qlumod.repository.publishing.stand_in_versions import versions_for
from qlumod.repository.rules.relations import (
    EXCLUDES,
    NEEDS,
    RelatedPackage,
    alternatives,
    provided_in,
)

_OWN = re.compile(r"((python3|dh)-)?qlumod(-.+)?\Z")
_MODULE = "-module-"
_VERSION = re.compile(rb"^Version: (.*)$", re.MULTILINE)
_SOURCE = re.compile(r"^Source: (\S+)", re.MULTILINE)
_EXCLUDES = re.compile(r"\n(?:Breaks|Conflicts):")
"""Most of many paragraphs exclude nothing."""
_QUALIFIED = re.compile(r"\n(?:Pre-)?Depends:(?:[^\n]|\n[ \t])*?[a-z0-9]:(?!any\b)[a-z]")
"""What may be ``libc6:i386``: in most of many paragraphs nothing is."""
_FIRST = b"Package: "


@dataclass(frozen=True, slots=True, order=True)
class StandIn:
    """A package of the distribution."""

    name: str
    architecture: str
    version: str
    """Empty: it states none."""
    mark: str
    """What tells the stand-ins of one name apart."""

    def __str__(self) -> str:
        """What dpkg's status says of it."""
        provided = f"{self.name} (= {self.version})" if self.version else self.name
        fields = {
            "Package": f"distribution-{self.name}{self.mark}",
            "Status": "install ok installed",
            "Version": "1",
            "Architecture": self.architecture,
            "Multi-Arch": "allowed",
            "Maintainer": "qlumod",
            "Provides": provided,
            "Description": "stands for a package of the distribution",
        }
        return "".join(f"{name}: {value}\n" for name, value in fields.items()) + "\n"


class Inside:
    """What the suite offers to a client, by the names that packages have or provide."""

    def __init__(self, offered: Mapping[str, Iterable[bytes]]) -> None:
        """`offered` is the text of Packages of each architecture, in parts of whole paragraphs."""
        self._native = next(iter(offered), "")
        self._found: dict[tuple[str, str], list[bytes]] = {}
        for architecture, parts in offered.items():
            for part in parts:
                for paragraph in PACKAGES.pieces(part):
                    for name in _names(paragraph):
                        self._found.setdefault((name, architecture), []).append(paragraph)
        self._met: dict[RelatedPackage, bool] = {}
        self.modules = _own_prefixes(name for name, _ in self._found)

    def named(self, one: RelatedPackage) -> Sequence[bytes]:
        """The paragraphs of the packages that have or provide the name of a relation."""
        return self._found.get((one.name, one.foreign or self._native), ())

    def meets(self, one: RelatedPackage) -> bool:
        """Whether a package of the suite meets a relation."""
        if one not in self._met:
            self._met[one] = any(
                name == one.name and one.is_met_by(version)
                for paragraph in self.named(one)
                for name, version in _offered(paragraph)
            )
        return self._met[one]

    def paragraphs(self) -> Iterator[bytes]:
        """All paragraphs, some of them several times."""
        return (paragraph for found in self._found.values() for paragraph in found)

    def must_have(self, one: RelatedPackage, needing: str) -> bool:
        """Whether no distribution has what a relation names, but this repository only.

        These are modules, programs of qlumod, and packages that the suite has from the source
        package of the needing one (its paragraph).
        """
        if _OWN.match(one.name) or one.name.startswith(self.modules):
            return True
        there = self.named(one)
        source = _source(needing) if there else ""
        return any(_source(paragraph.decode()) == source for paragraph in there)


def stand_ins(inside: Inside, added: Iterable[IndexEntry], architecture: str) -> str:
    """The dpkg status of a machine with all external dependencies of the added entries."""
    needed: dict[tuple[str, str], set[RelatedPackage]] = {}
    excluded: dict[str, set[RelatedPackage]] = {}
    settled: set[RelatedPackage] = set()
    for text in _closure(inside, added):
        for one in _each(text, EXCLUDES) if _EXCLUDES.search(text) else ():
            excluded.setdefault(one.name, set()).add(one)
        for one in {*_each(text, NEEDS)} - settled:
            if not inside.named(one) or inside.meets(one):
                settled.add(one)  # Whether it is needed does not depend on the needing package.
            if not inside.meets(one) and not inside.must_have(one, text):
                place = (one.name, one.foreign or architecture)
                needed.setdefault(place, set()).add(one)
    return "".join(
        str(StandIn(name, place, version, _mark(number, "" if place == architecture else place)))
        for (name, place), wanted in sorted(needed.items())
        for number, version in enumerate(versions_for(wanted, excluded.get(name, ())))
    )


def foreign_architectures(added: Iterable[IndexEntry], architecture: str) -> tuple[str, ...]:
    """The other architectures that the entries name, as in ``libc6:i386``."""
    named = {
        one.foreign
        for entry in added
        if _QUALIFIED.search(entry.text)
        for one in _each(entry.text, NEEDS)
    }
    return tuple(sorted(named - {"", architecture}))


def _mark(number: int, foreign: str) -> str:
    return f"{f'-{foreign}' if foreign else ''}{f'-{number}' if number else ''}"


def _closure(inside: Inside, added: Iterable[IndexEntry]) -> Iterator[str]:
    """The paragraphs of these entries, and of all packages of the suite that they need."""
    waiting = [entry.text for entry in added]
    seen: set[tuple[str, str]] = set()
    while waiting:
        yield (text := waiting.pop())
        for one in _each(text, NEEDS):
            if (place := (one.name, one.architecture)) not in seen:
                seen.add(place)
                waiting.extend(paragraph.decode() for paragraph in inside.named(one))


def _each(text: str, field: re.Pattern[str]) -> Iterator[RelatedPackage]:
    """All relations of a paragraph's field, each alternative separately."""
    return (one for group in alternatives(text, field) for one in group)


def _names(paragraph: bytes) -> Iterator[str]:
    yield _package(paragraph)
    if b"\nProvides:" in paragraph:
        yield from (name for name, _ in provided_in(paragraph.decode()))


def _offered(paragraph: bytes) -> Iterator[tuple[str, str | None]]:
    version = _VERSION.search(paragraph)
    yield _package(paragraph), version[1].decode() if version else None
    yield from provided_in(paragraph.decode())


def _source(text: str) -> str:
    found = _SOURCE.search(text)
    return found[1] if found else _package(text.encode())


def _package(paragraph: bytes) -> str:
    # It is the first field of each paragraph that this program wrote.
    if paragraph.startswith(_FIRST):
        return paragraph[len(_FIRST) : paragraph.index(b"\n")].decode()
    return PACKAGES.key(paragraph)[0].decode()


def _own_prefixes(names: Iterable[str]) -> tuple[str, ...]:
    """The prefixes of the names of this suite's module packages, such as ``qlustar-module-``."""
    found = {name.partition(_MODULE)[0] for name in names if _MODULE in name}
    return tuple(sorted(prefix + _MODULE for prefix in found))
