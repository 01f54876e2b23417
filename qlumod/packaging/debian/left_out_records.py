"""Records of dpkg, update-alternatives and dpkg-divert that only existing paths get."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from qlumod.model.difference import Aspect, Difference, entries_differing
from qlumod.packaging.debian.checksums import PATTERN
from qlumod.packaging.debian.state.alternatives import ALTERNATIVES, group_text, parse_group
from qlumod.packaging.permits import InstalledTree
from qlumod.state.kind import canonical_path, matches_any

_RECORDS = "/var/lib/dpkg/alternatives/"
_CHOSEN = "/etc/alternatives/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternated:
    """Alternatives of left-out paths: their links, and slaves that a script then does not name."""

    name: str = "alternative left out"
    why: str = "update-alternatives makes nothing for a file that is not there"
    paths: frozenset[str]
    records: frozenset[Difference]
    """The differences between the records with those slaves and without them."""

    @classmethod
    def of(cls, left_out: frozenset[str], installed: InstalledTree) -> "Alternated":
        """The alternatives of these paths in one installation."""
        return cls(
            paths=frozenset(_alternatives(installed, left_out)),
            records=frozenset(_records_without(installed, left_out)),
        )

    def permits(self, difference: Difference) -> bool:
        """Whether this difference is one of the expected ones."""
        missing = difference.aspect == Aspect.MISSING and difference.path in self.paths
        return missing or difference in self.records


@dataclass(frozen=True, slots=True, kw_only=True)
class Diverted:
    """Diversions of left-out paths, which a maintainer script makes only of existing paths."""

    name: str = "diversion left out"
    why: str = "maintainer scripts divert nothing that is not there"
    left_out: frozenset[str]

    def permits(self, difference: Difference) -> bool:
        """Whether the stack lacks the diversion of a left-out path."""
        return (
            difference.lacks_entry
            and difference.path == "/var/lib/dpkg/diversions"
            and difference.reference.partition(" ")[0] in self.left_out
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlisted:
    """Checksums of left-out paths, in lists that dpkg makes of the files that it unpacks."""

    name: str = "checksum left out"
    why: str = "dpkg lists what it unpacked, for a package that brings no list"
    left_out: frozenset[str]

    def permits(self, difference: Difference) -> bool:
        """Whether the stack lacks the line of a left-out path."""
        return (
            difference.lacks_entry
            and matches_any(difference.path, (PATTERN,))
            and canonical_path(f"/{difference.reference.partition('  ')[2]}") in self.left_out
        )


def _alternatives(installed: InstalledTree, left_out: frozenset[str]) -> Iterator[str]:
    """Links of /etc/alternatives to left-out paths, the links to those, and their records.

    A path in a left-out directory is left out as well.
    """
    targets = {path: entry.target for path, entry in installed.entries.items() if entry.target}
    inner = {
        path for path, target in targets.items() if path.startswith(_CHOSEN) and target in left_out
    }
    inner |= {
        target
        for path, target in targets.items()
        if target.startswith(_CHOSEN) and _directory(path) in left_out
    }
    yield from inner
    yield from (path for path, target in targets.items() if target in inner)
    yield from (f"{_RECORDS}{path.rpartition('/')[2]}" for path in inner)


def _records_without(installed: InstalledTree, left_out: frozenset[str]) -> Iterator[Difference]:
    """The differences to records whose scripts made no slave in left-out directories."""
    for path, data in installed.data.items():
        if path.startswith(_RECORDS):
            group = parse_group(path.removeprefix(_RECORDS), data.decode())
            kept = {n: link for n, link in group.slaves.items() if _directory(link) not in left_out}
            if kept != group.slaves:
                text = group_text(replace(group, slaves=kept)).encode()
                yield from entries_differing(path, ALTERNATIVES.name, data, text)


def _directory(path: str) -> str:
    return canonical_path(path.rpartition("/")[0])
