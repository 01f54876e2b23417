"""The module sets that a suite would offer: whether modules are compatible, and proved."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from qlumod.errors import QlumodError, raise_faults
from qlumod.model.held import Held, SetKey, Source
from qlumod.model.names import ModulePackage, ReleaseVersion
from qlumod.repository.format.index_entries import IndexEntry
from qlumod.repository.format.layout import Layout
from qlumod.repository.format.snapshots import Snapshot
from qlumod.repository.rules.suite_plan import SuitePlan
from qlumod.repository.sets.module_sets import Member, ModuleSet, newest_members, set_faults
from qlumod.repository.sets.proofs import ProofsByStack
from qlumod.repository.sets.proving import judged_pairs
from qlumod.repository.sets.set_documents import SetLine, line_of, read_set, recorded_sets

Read = Callable[[IndexEntry], tuple[Held, ...]]
"""Returns the modules in a package; raises `QlumodError` if one is incomplete."""
Members = Mapping[SetKey, Sequence[Member]]
"""The modules of sets, by the set's key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeSet:
    """The set lines of a new snapshot, and the sets whose records changed."""

    lines: tuple[SetLine, ...]
    sets: tuple[ModuleSet, ...]
    changed: frozenset[SetKey]
    """The keys of those sets whose members changed."""
    unowed: frozenset[Source]
    """The sources from which only removed members were made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """How sets are checked.

    `anew`: there are new proofs. Without `strict`, nothing is refused: a rollback to an earlier
    state must always be possible.
    """

    layout: Layout
    read: Read
    proved: ProofsByStack
    anew: bool
    strict: bool

    def members(self, entries: Iterable[IndexEntry]) -> Members:
        """The modules in packages, by set."""
        found: dict[SetKey, list[Member]] = {}
        for entry in entries:
            for held in () if entry.is_source else self._held(entry):
                one = Member(version=entry.version, deb=entry.files[0].sha256, held=held)
                found.setdefault(held.key, []).append(one)
        return found

    def _held(self, entry: IndexEntry) -> tuple[Held, ...]:
        try:
            return self.read(entry)
        except QlumodError:
            if self.strict:
                raise
            return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Next:
    """A set after the change (None: it has no modules any more), and its removed members."""

    now: ModuleSet | None
    left: tuple[Member, ...]
    is_other: bool
    """Whether the members change."""


def whole_set(planned: SuitePlan, before: Snapshot | None, looking: Looking) -> WholeSet:
    """The sets that the suite would offer; only changed sets are checked."""
    coming = looking.members(planned.added)
    known, old = _known(planned, before, coming, looking)
    following = tuple(_following(planned, old, coming, looking.proved))
    sets = tuple(one.now for one in following if one.now)
    changed = frozenset(one.now.key for one in following if one.now and one.is_other)
    if looking.strict:
        raise_faults(chain.from_iterable(set_faults(one) for one in sets if one.key in changed))
    others = tuple(line for key, line in known.items() if key not in old)
    lines = tuple(map(line_of, sets))
    return WholeSet(
        lines=(*lines, *others),
        sets=tuple(
            one for one, line in zip(sets, lines, strict=True) if line != known.get(one.key)
        ),
        changed=changed,
        unowed=_unowed(
            chain.from_iterable(one.left for one in following),
            sets,
            others,
            planned,
            looking.layout,
        ),
    )


def _known(
    planned: SuitePlan, before: Snapshot | None, coming: Members, looking: Looking
) -> tuple[Mapping[SetKey, SetLine], Members]:
    """The present set lines of the suite, and the members of the sets that may change."""
    recorded = recorded_sets(before) if before else ()
    lines = {line.key: line for line in recorded or ()}
    touched = _touched(planned, lines.values(), looking.anew) | coming.keys()
    old = None if recorded is None else _old(lines, touched, looking.layout)
    # Without a record, all packages of an older snapshot are read, once.
    return lines, looking.members(planned.entries()) if old is None else old


def _touched(planned: SuitePlan, lines: Iterable[SetLine], anew: bool) -> set[SetKey]:
    """The sets that lose packages (found by package name), or that new proofs may affect."""
    named = {key for entry in planned.removed if (key := _key(entry.package))}
    return named | {line.key for line in lines if anew and line.unproved}


def _following(
    planned: SuitePlan,
    old: Members,
    coming: Members,
    proved: ProofsByStack,
) -> Iterator[_Next]:
    gone = {entry.files[0].sha256 for entry in planned.removed if not entry.is_source}
    for key in sorted({*old, *coming}):
        left = tuple(one for one in old.get(key, ()) if one.deb in gone)
        staying = (one for one in old.get(key, ()) if one.deb not in gone)
        members = newest_members((*staying, *coming.get(key, ())))
        yield _Next(
            now=judged_pairs(_set(key, members), proved) if members else None,
            left=left,
            is_other=bool(left) or key in coming,
        )


def _unowed(
    left: Iterable[Member],
    sets: Iterable[ModuleSet],
    others: Iterable[SetLine],
    planned: SuitePlan,
    layout: Layout,
) -> frozenset[Source]:
    """The sources from which removed modules were made, and no remaining package or module."""
    owed = {source for one in left for source in one.held.sources}
    if not owed:
        return frozenset()
    entries = planned.entries()
    there = {entry.source for entry in entries if entry.is_source}
    found = (owed & there) - {
        of for entry in entries if not entry.is_source for of in entry.built_from
    }
    if found:
        staying = (*sets, *filter(None, (read_set(layout, line) for line in others)))
        for one in staying:
            found.difference_update(*(member.held.sources for member in one.members))
    return frozenset(found)


def _old(
    known: Mapping[SetKey, SetLine], touched: Iterable[SetKey], layout: Layout
) -> Members | None:
    """The recorded members of sets; None: a document is missing."""
    found = {key: read_set(layout, known[key]) for key in touched if key in known}
    members = {key: one.members for key, one in found.items() if one}
    return members if len(members) == len(found) else None


def _key(package: str) -> SetKey | None:
    """The set of a package's module, from the package's name; None: it is no module package."""
    try:
        name = ModulePackage.parse(package)
        return ReleaseVersion.parse(name.version), name.flavor, name.arch
    except QlumodError:
        return None


def _set(key: SetKey, members: tuple[Member, ...]) -> ModuleSet:
    release, flavor, architecture = key
    return ModuleSet(release=release, flavor=flavor, architecture=architecture, members=members)
