"""The snapshots of a repository, and the differences between them."""

from dataclasses import dataclass, replace
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.repository.format.index_entries import IndexEntry
from qlumod.repository.format.layout import Layout, snapshot_id
from qlumod.repository.format.snapshots import Snapshot, all_snapshots
from qlumod.repository.maintenance.published import published_as
from qlumod.repository.publishing.founding import opened_settings
from qlumod.repository.rules.suite_plan import SuiteChange, changes_between
from qlumod.repository.sets.module_sets import ModuleSet
from qlumod.repository.sets.set_documents import SetLine, read_set, recorded_sets


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSnapshot:
    """A snapshot, and the suite that points at it, if any."""

    snapshot: Snapshot
    current: bool
    entries: tuple[IndexEntry, ...]
    lines: tuple[SetLine, ...] = ()
    """The lines of its module sets."""
    sets: tuple[ModuleSet, ...] = ()


def listed_snapshots(repository: Path) -> tuple[ShownSnapshot, ...]:
    """All snapshots, the oldest first."""
    layout = Layout(root=repository.absolute())
    opened_settings(layout)
    return tuple(_shown(layout, snapshot) for snapshot in all_snapshots(layout))


def snapshot(repository: Path, identity: str) -> ShownSnapshot:
    """One snapshot, by its name."""
    layout = Layout(root=repository.absolute())
    opened_settings(layout)
    wanted = snapshot_id(identity)
    for found in all_snapshots(layout):
        if found.identity == wanted:
            lines = recorded_sets(found) or ()
            sets = tuple(one for line in lines if (one := read_set(layout, line)))
            return replace(_shown(layout, found), lines=lines, sets=sets)
    raise QlumodError(
        f"{repository} has no snapshot {identity}",
        remedy=f"qlumod snapshot list --repository {repository} names them all",
    )


def snapshot_differences(repository: Path, old: str, new: str) -> tuple[SuiteChange, ...]:
    """The differences between two snapshots, by the names of snapshots or suites."""
    layout = Layout(root=repository.absolute())
    opened_settings(layout)
    before, after = (
        {entry for found in published_as(layout, name) for entry in found.entries()}
        for name in (old, new)
    )
    return changes_between(before, after)


def _shown(layout: Layout, snapshot: Snapshot) -> ShownSnapshot:
    return ShownSnapshot(
        snapshot=snapshot,
        current=layout.current(snapshot.suite) == snapshot.identity,
        entries=snapshot.entries(),
    )
