"""Packages of one name, of which a client sees several; pure."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from qlumod.late import late
from qlumod.repository.format.index_entries import ALL, IndexEntry

debian_support = late("debian.debian_support")


def is_newer(version: str, other: str) -> bool:
    """Whether a version is higher than another one."""
    return bool(debian_support.Version(version) > debian_support.Version(other))


def overlapping(
    new: Iterable[IndexEntry], others: Iterable[IndexEntry]
) -> Iterator[tuple[IndexEntry, IndexEntry]]:
    """Each binary package with those of the same name that some client sees beside it."""
    named: dict[str, list[IndexEntry]] = {}
    for entry in others:
        if not entry.is_source:
            named.setdefault(entry.package, []).append(entry)
    for entry in new:
        for other in () if entry.is_source else named.get(entry.package, ()):
            if other != entry and sees_both(entry.architecture, other.architecture):
                yield entry, other


def sees_both(one: str, other: str) -> bool:
    """Whether some client sees packages of both architectures: `all` is seen by every client."""
    return one == other or ALL in (one, other)


def replaced_by(
    new: Sequence[IndexEntry], published: Sequence[IndexEntry], clients: Collection[str]
) -> set[IndexEntry]:
    """The binaries that new ones replace: all of the same name that a client sees beside them.

    A package of `all` stays for the clients of other architectures until each has its own, as long
    as it is older: apt prefers the newer one.
    """
    found = {other for _, other in overlapping(new, published)} - {*new}
    lacking = _lacking((*published, *new), clients)
    kept = {
        other
        for entry, other in overlapping(new, found)
        if other.architecture == ALL != entry.architecture
        and lacking[other.package]
        and is_newer(entry.version, other.version)
    }
    again = {other for entry, other in overlapping(new, kept) if entry.architecture == ALL}
    return found - (kept - again)


def _lacking(entries: Iterable[IndexEntry], clients: Collection[str]) -> dict[str, set[str]]:
    """The clients' architectures for which a package has none but that of `all`, by its name."""
    found: dict[str, set[str]] = {}
    for entry in entries:
        if not entry.is_source:
            found.setdefault(entry.package, {*clients}).discard(entry.architecture)
    return found
