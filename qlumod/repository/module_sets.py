"""The modules that a suite offers, set by set: those of one release, flavor and architecture.

Only they meet in an image. What is known of each set is a file of the snapshot, so that the next
publication looks at those alone that it changes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from debian.debian_support import Version

from qlumod.errors import QlumodError
from qlumod.model.document import Fields, Reading, Stanza, decoded, written
from qlumod.model.held import Held, SetKey
from qlumod.model.names import (
    ArchName,
    Digest,
    FlavorName,
    ModuleName,
    ReleaseVersion,
    arch_name,
    digest,
    flavor_name,
    module_name,
    package_version,
)
from qlumod.model.spec import excluded
from qlumod.repository.entries import Entry
from qlumod.repository.snapshots import Snapshot

MODULES = "modules"
"""The file of a snapshot, beside Release."""
MOST = 10
"""How many of many lines an error tells."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Member:
    """A module of a set, the version of its package, and the digest of that."""

    module: ModuleName
    version: str
    deb: Digest

    def __str__(self) -> str:
        return f"{self.module} {self.version} {self.deb}"

    @property
    def title(self) -> str:
        """How errors name it."""
        return f"{self.module} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleSet:
    """The modules that may meet in an image, sorted; the newest package of each."""

    release: ReleaseVersion
    flavor: FlavorName
    architecture: ArchName
    members: tuple[Member, ...]

    @property
    def key(self) -> SetKey:
        """What its members have in common."""
        return self.release, self.flavor, self.architecture


def sets_text(sets: Iterable[ModuleSet]) -> str:
    """The file of a snapshot."""
    stanzas = [_fields(one) for one in sorted(sets, key=lambda one: one.key)]
    return written((("Format", "1"),), *stanzas)


def read_sets(data: bytes, path: str) -> tuple[ModuleSet, ...]:
    """Read what `sets_text` wrote; raises `QlumodError` with all faults."""
    reading = Reading(path)
    _, *stanzas = reading.stanzas(decoded(data, path))
    found = tuple(_set(reading, stanza) for stanza in stanzas)
    reading.finish()
    return found


def recorded_sets(snapshot: Snapshot) -> tuple[ModuleSet, ...] | None:
    """The sets of a snapshot; None: it is older than this file."""
    if MODULES not in snapshot.sums:
        return None
    return read_sets(snapshot.checked(MODULES), str(snapshot.directory / MODULES))


def newest_members(members: Iterable[Member]) -> tuple[Member, ...]:
    """One member for each module, sorted."""
    found: dict[ModuleName, Member] = {}
    for one in members:
        known = found.setdefault(one.module, one)
        if Version(one.version) > Version(known.version):
            found[one.module] = one
    return tuple(sorted(found.values()))


def member(held: Held, entry: Entry) -> Member:
    """The member of a set that a package is, by what it holds."""
    return Member(module=held.module, version=entry.version, deb=entry.files[0].sha256)


def faults_of(one: ModuleSet, held: Mapping[ModuleName, Held]) -> Iterator[QlumodError]:
    """What keeps the modules of a set from being in an image: gaps, and two versions of one."""
    yield from _gaps(one, held)
    enemies = excluded(held.values())
    several = _several_versions(held.values())
    for lower, upper in combinations(one.members, 2):
        differing = _differing(held[lower.module], held[upper.module], several)
        if differing and upper.module not in enemies[lower.module]:
            yield _two_versions(one, lower, upper, differing)


def shortened(lines: Sequence[str]) -> Iterator[str]:
    """The first of many lines, and how many more there are."""
    yield from lines[:MOST]
    if len(lines) > MOST:
        yield f"and {len(lines) - MOST} more"


def _gaps(one: ModuleSet, held: Mapping[ModuleName, Held]) -> Iterator[QlumodError]:
    for found in one.members:
        for required in sorted(set(held[found.module].requires) - held.keys()):
            yield QlumodError(
                f"module {found.title} requires module {required}, of which the suite would have"
                f" no {one.release} ({one.flavor}, {one.architecture})",
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
        details=shortened(differing),
        remedy="build both from one lock, and publish them together; modules that are never in"
        " one image say so in their specs (Conflicts)",
    )


def _fields(one: ModuleSet) -> Iterator[tuple[str, str | Sequence[str]]]:
    yield "Release", str(one.release)
    yield "Flavor", one.flavor
    yield "Architecture", one.architecture
    yield "Modules", tuple(map(str, one.members))


def _set(reading: Reading, stanza: Stanza) -> ModuleSet:
    fields = Fields(reading, stanza)
    found = ModuleSet(
        release=fields.need("Release", ReleaseVersion.parse, ReleaseVersion(0, 0, 0)),
        flavor=fields.need("Flavor", flavor_name, FlavorName("")),
        architecture=fields.need("Architecture", arch_name, ArchName("")),
        members=fields.rows("Modules", _member),
    )
    fields.done()
    return found


def _member(text: str) -> Member:
    words = text.split()
    if len(words) != 3:
        raise QlumodError(f"{text!r} is no module: it has the form 'module version digest'")
    return Member(
        module=module_name(words[0]), version=package_version(words[1]), deb=digest(words[2])
    )
