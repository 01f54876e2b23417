"""The modules that a suite offers, set by set: those of one release, flavor and architecture.

Only they meet in an image. A snapshot has a line for each set, which names its document by digest:
so a publication reads, checks and writes those alone that it changes.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from qlumod.errors import QlumodError
from qlumod.late import late
from qlumod.model.digests import digest_bytes
from qlumod.model.document import decoded
from qlumod.model.held import Held, SetKey
from qlumod.model.lines import lines_of
from qlumod.model.names import (
    ArchName,
    Digest,
    FlavorName,
    ModuleName,
    ReleaseVersion,
    arch_name,
    digest,
    flavor_name,
)
from qlumod.model.numbers import number
from qlumod.model.stacks import excluded, gaps
from qlumod.repository.format.layout import Layout
from qlumod.repository.format.snapshots import Snapshot

debian_support = late("debian.debian_support")

MODULES = "modules"
"""The file of a snapshot, beside Release."""
MOST = 10
"""How many of many lines an error tells."""
MOST_NAMED = 100
"""How many unproved pairs the document of a set names: a part of its format."""

Pair = tuple[ModuleName, ...]
"""Two modules that may be in one image; or one, where there is no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A module of a set: the version of its package, the digest of that, and what it holds."""

    version: str
    deb: Digest
    held: Held

    @property
    def module(self) -> ModuleName:
        """Its name."""
        return self.held.module

    @property
    def title(self) -> str:
        """How errors name it."""
        return f"{self.module} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proving:
    """How many pairs a set has, how many of them are unproved, the first of these, and proofs."""

    pairs: int = 0
    unproved: int = 0
    lacking: tuple[Pair, ...] = ()
    proofs: tuple[Digest, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleSet:
    """The modules that may meet in an image, sorted; the newest package of each."""

    release: ReleaseVersion
    flavor: FlavorName
    architecture: ArchName
    members: tuple[Member, ...]
    proving: Proving = Proving()

    @property
    def key(self) -> SetKey:
        """What its members have in common."""
        return self.release, self.flavor, self.architecture

    @property
    def held(self) -> dict[ModuleName, Held]:
        """What each module holds."""
        return {one.module: one.held for one in self.members}

    def named(self, pair: Pair) -> str:
        """The modules of a pair, with their versions."""
        return " + ".join(one.title for one in self.members if one.module in pair)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLine:
    """What a snapshot says of a set: the digest of its document, and how much is proved."""

    release: ReleaseVersion
    flavor: FlavorName
    architecture: ArchName
    document: Digest
    pairs: int
    unproved: int

    @property
    def key(self) -> SetKey:
        """What its members have in common."""
        return self.release, self.flavor, self.architecture

    @property
    def tally(self) -> str:
        """How much is proved of what."""
        return (
            f"{self.pairs - self.unproved} of {self.pairs} pairs of modules are proved of"
            f" {self.release} ({self.flavor}, {self.architecture})"
        )

    def __str__(self) -> str:
        key = f"{self.release} {self.flavor} {self.architecture}"
        return f"{key} {self.document} {self.pairs} {self.unproved}"


def line_of(one: ModuleSet) -> SetLine:
    """What a snapshot says of a set."""
    return SetLine(
        release=one.release,
        flavor=one.flavor,
        architecture=one.architecture,
        document=digest_bytes(set_document(one)),
        pairs=one.proving.pairs,
        unproved=one.proving.unproved,
    )


def lines_text(lines: Iterable[SetLine]) -> str:
    """The file of a snapshot."""
    return "".join(f"{one}\n" for one in sorted(lines, key=lambda one: one.key))


def read_lines(data: bytes, path: str) -> tuple[SetLine, ...]:
    """Read what `lines_text` wrote; raises `QlumodError`."""
    lines = lines_of(decoded(data, path))
    return tuple(_line(line, f"{path}:{place}") for place, line in enumerate(lines, 1))


def recorded_sets(snapshot: Snapshot) -> tuple[SetLine, ...] | None:
    """The sets of a snapshot; None: it is older than this file."""
    if MODULES not in snapshot.sums:
        return None
    return read_lines(snapshot.checked(MODULES), str(snapshot.directory / MODULES))


def set_document(one: ModuleSet) -> bytes:
    """A set as JSON, the same bytes every time."""
    proving = one.proving
    values = {
        "release": str(one.release),
        "flavor": one.flavor,
        "architecture": one.architecture,
        "members": [
            {
                "module": member.module,
                "version": member.version,
                "deb": member.deb,
                "payload": member.held.payload,
                "requires": member.held.requires,
                "conflicts": member.held.conflicts,
                "packages": member.held.packages,
                "sources": member.held.sources,
            }
            for member in one.members
        ],
        "pairs": proving.pairs,
        "unproved": proving.unproved,
        "lacking": proving.lacking,
        "proofs": proving.proofs,
    }
    return json.dumps(values, sort_keys=True).encode()


def keep_set(layout: Layout, one: ModuleSet) -> Path:
    """Write the document of a set where the lines of snapshots name it; it is not yet synced."""
    data = set_document(one)
    file = layout.sets / digest_bytes(data)
    if not layout.files.is_file(file) or layout.files.read(file) != data:
        layout.files.make(layout.sets)
        layout.files.write_whole(file, data, sync=False)
    return file


def read_set(layout: Layout, line: SetLine) -> ModuleSet | None:
    """The set that a line is about; None: its document is not there, or damaged."""
    file = layout.sets / line.document
    data = layout.files.read(file) if layout.files.is_file(file) else b""
    if digest_bytes(data) != line.document:
        return None
    try:
        return _set(json.loads(data))
    except KeyError:
        # Another version of qlumod knew less of modules.
        return None


def forget_sets(layout: Layout, named: Collection[Digest]) -> None:
    """Remove the documents that no snapshot names."""
    for name in layout.files.names(layout.sets):
        if name not in named and not name.startswith("."):
            layout.files.unlink(layout.sets / name)


def newest_members(members: Iterable[Member]) -> tuple[Member, ...]:
    """One member for each module, sorted."""
    found: dict[ModuleName, Member] = {}
    for one in members:
        known = found.setdefault(one.module, one)
        if known is not one and _is_newer(one.version, known.version):
            found[one.module] = one
    return tuple(found[module] for module in sorted(found))


def set_faults(one: ModuleSet) -> Iterator[QlumodError]:
    """What keeps the modules of a set from being in an image: gaps, and two versions of one."""
    held = one.held
    yield from _gaps(one)
    several = _several_versions(held.values())
    if several:
        enemies = excluded(held.values())
        for lower, upper in combinations(one.members, 2):
            differing = _differing(lower.held, upper.held, several)
            if differing and upper.module not in enemies[lower.module]:
                yield _two_versions(one, lower, upper, differing)


def shortened(lines: Sequence[str], total: int) -> Iterator[str]:
    """The first of many lines, and how many more there are."""
    yield from lines[:MOST]
    if total > MOST:
        yield f"and {total - MOST} more"


def _is_newer(version: str, other: str) -> bool:
    return bool(debian_support.Version(version) > debian_support.Version(other))


def _gaps(one: ModuleSet) -> Iterator[QlumodError]:
    titles = {member.module: member.title for member in one.members}
    for held, required in gaps(one.held.values()):
        yield QlumodError(
            f"module {titles[held.module]} requires module {required}, of which the suite would"
            f" have no {one.release} ({one.flavor}, {one.architecture})",
            remedy=f"publish {required} {one.release} together with it",
        )


def _several_versions(modules: Iterable[Held]) -> set[str]:
    """The packages that not all modules have in the same version: few, of thousands."""
    first: dict[str, str] = {}
    return {
        name
        for held in modules
        for name, version in held.packages.items()
        if first.setdefault(name, version) != version
    }


def _differing(lower: Held, upper: Held, several: set[str]) -> tuple[str, ...]:
    """A line for each package that both have, in two versions."""
    mine, other = lower.packages, upper.packages
    return tuple(
        f"{name}: {mine[name]} in {lower.module}, {other[name]} in {upper.module}"
        for name in sorted(several.intersection(mine).intersection(other))
        if mine[name] != other[name]
    )


def _two_versions(
    one: ModuleSet, lower: Member, upper: Member, differing: Sequence[str]
) -> QlumodError:
    what = "a package" if len(differing) == 1 else f"{len(differing)} packages"
    return QlumodError(
        f"modules {lower.title} and {upper.title} ({one.flavor}, {one.architecture}) may be in one"
        f" image, and have {what} in two versions",
        details=shortened(differing, len(differing)),
        remedy="build both from one lock, and publish them together; modules that are never in"
        " one image say so in their specs (Conflicts)",
    )


def _line(text: str, where: str) -> SetLine:
    try:
        release, flavor, architecture, document, pairs, unproved = text.split(" ")
        return SetLine(
            release=ReleaseVersion.parse(release),
            flavor=flavor_name(flavor),
            architecture=arch_name(architecture),
            document=digest(document),
            pairs=number(pairs),
            unproved=number(unproved),
        )
    except (QlumodError, ValueError) as fault:
        raise QlumodError(f"{where}: {text!r} is no set of modules: it has six words") from fault


def _set(values: Mapping[str, Any]) -> ModuleSet:
    """Read the document of a set, which has the digest that was signed."""
    release = ReleaseVersion.parse(values["release"])
    flavor, architecture = values["flavor"], values["architecture"]
    return ModuleSet(
        release=release,
        flavor=flavor,
        architecture=architecture,
        members=tuple(
            Member(
                version=row["version"],
                deb=row["deb"],
                held=Held(
                    module=row["module"],
                    release=release,
                    flavor=flavor,
                    architecture=architecture,
                    requires=tuple(row["requires"]),
                    conflicts=tuple(row["conflicts"]),
                    payload=row["payload"],
                    packages=row["packages"],
                    sources=tuple(map(tuple, row["sources"])),
                ),
            )
            for row in values["members"]
        ),
        proving=Proving(
            pairs=values["pairs"],
            unproved=values["unproved"],
            lacking=tuple(map(tuple, values["lacking"])),
            proofs=tuple(values["proofs"]),
        ),
    )
