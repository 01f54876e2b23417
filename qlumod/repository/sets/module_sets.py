"""The modules that a suite offers, set by set: those of one release, flavor and architecture.

Only they meet in an image.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from qlumod.errors import QlumodError
from qlumod.late import late
from qlumod.model.held import Held, SetKey
from qlumod.model.names import ArchName, Digest, FlavorName, ModuleName, ReleaseVersion
from qlumod.model.stacks import excluded, gaps

debian_support = late("debian.debian_support")

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
