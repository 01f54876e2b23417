"""Selecting some packages of a suite, with their sources: pure."""

from collections.abc import Collection, Iterable, Sequence

from qlumod.errors import QlumodError, raise_faults
from qlumod.repository.format.index_entries import IndexEntry, sort_entries
from qlumod.repository.rules.relations import broken_by


def only(
    entries: Sequence[IndexEntry], packages: Sequence[str], suite: str
) -> Sequence[IndexEntry]:
    """The binary packages of these names, with their sources; without names, all entries."""
    _require(entries, packages, suite)
    if not packages:
        return entries
    sources = {of for entry in entries if entry.package in packages for of in entry.built_from}
    return tuple(
        entry
        for entry in entries
        if (entry.source in sources if entry.is_source else entry.package in packages)
    )


def without(
    entries: Sequence[IndexEntry], packages: Sequence[str], also: Collection[IndexEntry], suite: str
) -> tuple[IndexEntry, ...]:
    """All entries except binary packages of these names, the entries `also`, and their sources.

    A source is kept if another binary package is built from it, or has parts of it. Raises if a
    staying entry needs a removed one.
    """
    _require(entries, packages, suite)
    binaries = [entry for entry in entries if not entry.is_source]
    removed = [entry for entry in binaries if entry.package in packages or entry in also]
    gone = set(removed)
    staying = [entry for entry in binaries if entry not in gone]
    raise_faults(
        QlumodError(
            f"{loss}, which {suite} would not have any more",
            remedy=f"remove {loss.entry.package}, too, or publish one that does not need it",
        )
        for loss in broken_by(removed, staying)
    )
    needed = {of for entry in staying for of in entry.built_from}
    dropped = {of for entry in removed for of in entry.built_from} - needed
    sources = [entry for entry in entries if entry.is_source and entry.source not in dropped]
    return sort_entries((*staying, *sources))


def _require(entries: Iterable[IndexEntry], packages: Iterable[str], suite: str) -> None:
    missing = sorted(set(packages) - {entry.package for entry in entries if not entry.is_source})
    if missing:
        raise QlumodError(f"{suite} has no package {', '.join(missing)}")
