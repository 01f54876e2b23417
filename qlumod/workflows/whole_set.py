"""The whole set that a suite is to offer: whether its modules go together, and are proved to."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from qlumod.errors import QlumodError, raise_faults
from qlumod.model.held import Held, SetKey, Source
from qlumod.model.names import ModulePackage, ReleaseVersion
from qlumod.repository.entries import Entry
from qlumod.repository.layout import Layout
from qlumod.repository.module_sets import (
    Member,
    ModuleSet,
    SetLine,
    faults_of,
    line_of,
    newest_members,
    read_set,
    recorded_sets,
)
from qlumod.repository.plan import Plan
from qlumod.repository.proofs import Proved
from qlumod.repository.proving import judged
from qlumod.repository.snapshots import Snapshot

Read = Callable[[Entry], tuple[Held, ...]]
"""The modules that a package holds; raises `QlumodError` where one is not whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeSet:
    """What a snapshot is to say of its sets, and those that it says something new of."""

    lines: tuple[SetLine, ...]
    sets: tuple[ModuleSet, ...]
    changed: frozenset[SetKey]
    """Those of them that have other members than before."""
    unowed: frozenset[Source]
    """The sources that only members of before were made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """How sets are looked at.

    `anew`: more is proved than before. Not `strict` refuses nothing: what goes back to an earlier
    state must not be kept from it.
    """

    layout: Layout
    read: Read
    proved: Proved
    anew: bool
    strict: bool

    def members(self, entries: Iterable[Entry]) -> Mapping[SetKey, Sequence[Member]]:
        """The modules in packages, by the set that they are of."""
        found: dict[SetKey, list[Member]] = {}
        for entry in entries:
            for held in () if entry.is_source else self._held(entry):
                one = Member(version=entry.version, deb=entry.files[0].sha256, held=held)
                found.setdefault(held.key, []).append(one)
        return found

    def _held(self, entry: Entry) -> tuple[Held, ...]:
        try:
            return self.read(entry)
        except QlumodError:
            if self.strict:
                raise
            return ()


def whole_set(planned: Plan, before: Snapshot | None, looking: Looking) -> WholeSet:
    """The sets that the suite would offer; only those that change are looked at."""
    recorded = recorded_sets(before) if before else ()
    known = {line.key: line for line in recorded or ()}
    coming = looking.members(planned.added)
    touched = {*coming, *filter(None, (_key(change.package) for change in planned.changes))}
    if looking.anew:
        touched.update(line.key for line in known.values() if line.unproved)
    old = None if recorded is None else _old(known, touched, looking.layout)
    if old is None:
        # What is not recorded is read: all packages of an older snapshot, once.
        old = looking.members(planned.entries)
    debs = {entry.files[0].sha256 for entry in planned.entries if not entry.is_source}
    sets: list[ModuleSet] = []
    changed: set[SetKey] = set()
    for key in sorted({*old, *coming}):
        had = old.get(key, ())
        staying = [one for one in had if one.deb in debs]
        if key in coming or len(staying) < len(had):
            changed.add(key)
        if members := newest_members((*staying, *coming.get(key, ()))):
            sets.append(judged(_set(key, members), looking.proved))
    if looking.strict:
        raise_faults(fault for one in sets if one.key in changed for fault in faults_of(one))
    lines = {one.key: line_of(one) for one in sets}
    others = [line for key, line in known.items() if key not in old]
    left = [one for had in old.values() for one in had if one.deb not in debs]
    return WholeSet(
        lines=tuple(sorted((*lines.values(), *others), key=lambda line: line.key)),
        sets=tuple(one for one in sets if lines[one.key] != known.get(one.key)),
        changed=frozenset(changed),
        unowed=_unowed(left, sets, others, planned.entries, looking.layout),
    )


def _unowed(
    left: Iterable[Member],
    sets: Iterable[ModuleSet],
    others: Iterable[SetLine],
    entries: Iterable[Entry],
    layout: Layout,
) -> frozenset[Source]:
    """What modules that leave were made from, and nothing that stays is."""
    owed = {source for one in left for source in one.held.sources}
    there = {entry.source for entry in entries if entry.is_source}
    found = (owed & there) - {entry.source for entry in entries if not entry.is_source}
    if found:
        staying = (*sets, *filter(None, (read_set(layout, line) for line in others)))
        for one in staying:
            found.difference_update(*(member.held.sources for member in one.members))
    return frozenset(found)


def _old(
    known: Mapping[SetKey, SetLine], touched: Iterable[SetKey], layout: Layout
) -> Mapping[SetKey, Sequence[Member]] | None:
    """The members that sets had, as far as they are recorded; None: a document is missing."""
    found = {key: read_set(layout, known[key]) for key in touched if key in known}
    members = {key: one.members for key, one in found.items() if one}
    return members if len(members) == len(found) else None


def _key(package: str) -> SetKey | None:
    """The set that a package's module is of, by the package's name."""
    try:
        name = ModulePackage.parse(package)
        return ReleaseVersion.parse(name.version), name.flavor, name.arch
    except QlumodError:
        return None


def _set(key: SetKey, members: tuple[Member, ...]) -> ModuleSet:
    release, flavor, architecture = key
    return ModuleSet(release=release, flavor=flavor, architecture=architecture, members=members)
