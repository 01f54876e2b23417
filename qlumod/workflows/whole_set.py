"""The whole set that a suite is to offer: whether its modules go together with each other."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from qlumod.errors import QlumodError, raise_faults
from qlumod.model.held import Held, SetKey
from qlumod.model.names import Digest, ModuleName
from qlumod.repository.entries import Entry
from qlumod.repository.held import Shelf, has_modules
from qlumod.repository.listing import Paths
from qlumod.repository.module_sets import (
    Member,
    ModuleSet,
    faults_of,
    member,
    newest_members,
    recorded_sets,
)
from qlumod.repository.plan import Plan
from qlumod.repository.snapshots import Snapshot

Debs = Mapping[Digest, Entry]
"""The packages that a suite would offer, by the digests of their files."""


def module_sets(
    planned: Plan, before: Snapshot | None, *, shelf: Shelf, paths: Paths, strict: bool
) -> tuple[ModuleSet, ...]:
    """The sets that the suite would offer; those that change are looked at.

    `strict` raises what is wrong with them: what goes back to an earlier state must not be kept
    from it.
    """
    debs = {entry.files[0].sha256: entry for entry in planned.entries if not entry.is_source}
    recorded = recorded_sets(before) if before else ()
    # Without a record, as older snapshots have none, every package is a new one.
    fresh = planned.added if recorded is not None else tuple(debs.values())
    coming = _coming(fresh, shelf, paths)
    known = {one.key: one for one in recorded or ()}
    sets = []
    faults: list[QlumodError] = []
    for key in sorted({*known, *coming}):
        old = known[key].members if key in known else ()
        stays = [one for one in old if one.deb in debs]
        if key not in coming and len(stays) == len(old):
            sets.append(known[key])
        elif members := newest_members((*stays, *coming.get(key, ()))):
            one = ModuleSet(release=key[0], flavor=key[1], architecture=key[2], members=members)
            faults += faults_of(one, held_in(one, debs, shelf)) if strict else ()
            sets.append(one)
    raise_faults(faults)
    return tuple(sets)


def held_in(one: ModuleSet, debs: Debs, shelf: Shelf) -> dict[ModuleName, Held]:
    """What the packages of a set hold, by module."""
    return {
        held.module: held
        for found in one.members
        for held in shelf.held(debs[found.deb])
        if (held.module, held.key) == (found.module, one.key)
    }


def _coming(
    entries: Iterable[Entry], shelf: Shelf, paths: Paths
) -> Mapping[SetKey, Sequence[Member]]:
    found: dict[SetKey, list[Member]] = {}
    for entry, held in _holding(entries, shelf, paths):
        found.setdefault(held.key, []).append(member(held, entry))
    return found


def _holding(entries: Iterable[Entry], shelf: Shelf, paths: Paths) -> Iterator[tuple[Entry, Held]]:
    for entry in entries:
        if not entry.is_source and any(map(has_modules, paths(entry))):
            yield from ((entry, held) for held in shelf.held(entry))
