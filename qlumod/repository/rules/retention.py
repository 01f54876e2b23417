"""The retention policy for snapshots: which are kept and which may be removed; pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from debian.debian_support import Version

from qlumod.errors import QlumodError
from qlumod.model.names import ModulePackage, ReleaseVersion
from qlumod.repository.format.index_entries import IndexEntry
from qlumod.repository.format.snapshots import Snapshot

Family = tuple[str, str]
"""The unit in which versions are counted: package or module's meta-version, and architecture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """The numbers of the retention policy."""

    keep: int
    """The number of versions to keep of each package, and of each meta-version x.y of a module."""
    grace: int
    """The seconds for which a snapshot is kept after its suite got the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A snapshot and its entries."""

    snapshot: Snapshot
    entries: tuple[IndexEntry, ...]

    @property
    def identity(self) -> str:
        return self.snapshot.identity

    @property
    def suite(self) -> str:
        """The suite that offered it."""
        return self.snapshot.suite


def retained(
    offered: Sequence[Offered], current: Iterable[str], retention: Retention, *, now: int
) -> Mapping[str, str]:
    """The snapshots to keep, each with the reason; all others may be removed.

    `offered` are all snapshots, the oldest first; `current` are those that suites point at.
    """
    reasons = dict.fromkeys(current, "a suite points at it")
    for suite in sorted({one.suite for one in offered}):
        of_suite = [one for one in offered if one.suite == suite]
        for identity, reason in (
            *_in_grace(of_suite, now - retention.grace),
            *_with_kept_versions(of_suite, retention.keep),
        ):
            reasons.setdefault(identity, reason)
    return dict(sorted(reasons.items()))


def family(entry: IndexEntry) -> Family:
    """The family of an entry: all ``x.y.z`` of a module's payload belong to ``x.y``."""
    try:
        name = ModulePackage.parse(entry.package)
        meta = ReleaseVersion.parse(name.version).meta[0]
    except QlumodError:
        return entry.package, entry.architecture
    return entry.package.removesuffix(name.version) + meta, entry.architecture


def newest_versions(entries: Iterable[IndexEntry], keep: int) -> dict[Family, tuple[str, ...]]:
    """The newest versions of each family, the newest first."""
    found: dict[Family, set[str]] = {}
    for entry in entries:
        found.setdefault(family(entry), set()).add(entry.version)
    return {
        one: tuple(sorted(versions, key=Version, reverse=True)[:keep])
        for one, versions in found.items()
    }


def older_than(entries: Iterable[IndexEntry], keep: int) -> frozenset[IndexEntry]:
    """The entries with versions older than the newest `keep` of their family."""
    known = tuple(entries)
    newest = newest_versions(known, keep)
    return frozenset(entry for entry in known if entry.version not in newest[family(entry)])


def _in_grace(of_suite: Sequence[Offered], since: int) -> Iterator[tuple[str, str]]:
    """The snapshots that a suite offered after `since`, which clients may still use.

    The last snapshot is kept, too: if its suite was removed, nothing has replaced it.
    """
    for one, following in pairwise(of_suite):
        if following.snapshot.date > since:
            yield one.identity, f"{one.suite} moved on less than the grace ago"
    yield of_suite[-1].identity, f"it is the last one of {of_suite[-1].suite}"


def _with_kept_versions(of_suite: Sequence[Offered], keep: int) -> Iterator[tuple[str, str]]:
    """For each version to keep, the newest snapshot that has it."""
    kept = newest_versions({entry for one in of_suite for entry in one.entries}, keep)
    found: set[tuple[Family, str]] = set()
    for one in reversed(of_suite):
        here = {
            (family(entry), entry.version): entry
            for entry in one.entries
            if entry.version in kept[family(entry)]
        }
        first = sorted(set(here) - found)
        if first:
            yield one.identity, f"it is the newest that has {here[first[0]].title}"
        found.update(first)
