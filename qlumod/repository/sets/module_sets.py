"""Sets of a suite's modules: the modules of one release, flavor and architecture.

Only modules of one set can be in one image.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from qlumod.errors import QlumodError
from qlumod.model.held import Held, SetKey
from qlumod.model.names import ArchName, Digest, FlavorName, ModuleName, ReleaseVersion
from qlumod.model.stacks import excluded, gaps
from qlumod.repository.rules.overlapping import is_newer

MOST = 10
"""The maximum number of detail lines of an error."""
MOST_NAMED = 100
"""The maximum number of unproved pairs in the document of a set: a part of its format."""

Pair = tuple[ModuleName, ...]
"""Two modules that may be in one image, or one module if the set has no pair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A module of a set: the version and the digest of its package, and the package's content."""

    version: str
    deb: Digest
    held: Held

    @property
    def module(self) -> ModuleName:
        return self.held.module

    @property
    def title(self) -> str:
        """The name in errors: module and version."""
        return f"{self.module} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proving:
    """The number of pairs of a set and of unproved ones, the first unproved pairs, and proofs."""

    pairs: int = 0
    unproved: int = 0
    lacking: tuple[Pair, ...] = ()
    proofs: tuple[Digest, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleSet:
    """The modules that may be in one image, sorted; the newest package of each."""

    release: ReleaseVersion
    flavor: FlavorName
    architecture: ArchName
    members: tuple[Member, ...]
    proving: Proving = Proving()

    @property
    def key(self) -> SetKey:
        """Release, flavor and architecture of all members."""
        return self.release, self.flavor, self.architecture

    @property
    def held(self) -> dict[ModuleName, Held]:
        """The content of each module's package, by module."""
        return {one.module: one.held for one in self.members}

    def named(self, pair: Pair) -> str:
        """The modules of a pair with their versions, as text."""
        return " + ".join(one.title for one in self.members if one.module in pair)


def newest_members(members: Iterable[Member]) -> tuple[Member, ...]:
    """The newest member of each module, sorted."""
    found: dict[ModuleName, Member] = {}
    for one in members:
        known = found.setdefault(one.module, one)
        if known is not one and is_newer(one.version, known.version):
            found[one.module] = one
    return tuple(found[module] for module in sorted(found))


def set_faults(one: ModuleSet) -> Iterator[QlumodError]:
    """An error for each missing required module, and for each pair of modules that may be in one
    image and have a package in two versions.
    """
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
    """The first of many lines, and a line with the number of the others."""
    yield from lines[:MOST]
    if total > MOST:
        yield f"and {total - MOST} more"


def _gaps(one: ModuleSet) -> Iterator[QlumodError]:
    titles = {member.module: member.title for member in one.members}
    for held, required in gaps(one.held.values()):
        yield QlumodError(
            f"module {titles[held.module]} requires module {required}, of which the suite would"
            f" have no {one.release} ({one.flavor}, {one.architecture})",
            remedy=f"publish {required} {one.release} together with it",
        )


def _several_versions(modules: Iterable[Held]) -> set[str]:
    """The packages that modules have in different versions: a few of thousands."""
    first: dict[str, str] = {}
    return {
        name
        for held in modules
        for name, version in held.packages.items()
        if first.setdefault(name, version) != version
    }


def _differing(lower: Held, upper: Held, several: set[str]) -> tuple[str, ...]:
    """A line for each package that the two modules have in different versions."""
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
