"""What every verb that changes a suite ends with: the whole set is checked, then shown."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener, step
from qlumod.late import late
from qlumod.model.held import Held, read_held
from qlumod.model.proof import permits
from qlumod.repository.entries import Entry
from qlumod.repository.founding import write_settings
from qlumod.repository.hidden import hidden_in_paths, wrong_in_fields
from qlumod.repository.incoming import Incoming
from qlumod.repository.layout import Layout
from qlumod.repository.listing import Listed, listed
from qlumod.repository.module_sets import ModuleSet, keep_set, lines_text
from qlumod.repository.plan import Change, Plan, without_sources
from qlumod.repository.proofs import (
    GivenProof,
    keep_proofs,
    known_proofs,
    provers,
    read_proof,
)
from qlumod.repository.proving import must_be_proved, unproved_faults
from qlumod.repository.publication import Proposal, show, times
from qlumod.repository.settings import Settings
from qlumod.repository.snapshots import Snapshot
from qlumod.system.keys import Signers
from qlumod.workflows.whole_set import Looking, Read, WholeSet, whole_set

proofs_of_ours = late("qlumod.proof.proved")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The suite that is to change, and what it offers now."""

    layout: Layout
    settings: Settings
    suite: str
    before: Snapshot | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What is asked of the modules: nothing of those that were offered before.

    `proofs` are given with them; `unproved` publishes also what nobody has proved.
    """

    proofs: tuple[GivenProof, ...] = ()
    unproved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The new snapshot (None: nothing was published), and what is new in it."""

    snapshot: str | None
    changes: tuple[Change, ...]
    sets: tuple[ModuleSet, ...]


def demand(layout: Layout, settings: Settings, proofs: Sequence[Path], *, unproved: bool) -> Demand:
    """Read the proofs that are given; raises the faults of all of them."""
    if not proofs:
        return Demand(unproved=unproved)
    believed, known = provers(layout, settings), permits(proofs_of_ours.known_permits())
    read: list[GivenProof] = []
    faults: list[QlumodError] = []
    for path in proofs:
        try:
            read.append(read_proof(path, believed, known))
        except QlumodError as fault:
            faults.append(fault)
    raise_faults(faults)
    return Demand(proofs=tuple(read), unproved=unproved)


def offer(
    planned: Plan,
    incoming: Sequence[Incoming] = (),
    *,
    target: Target,
    demand: Demand | None,
    signers: Callable[[], Signers] | None,
    anyway: bool = False,
    exactly: bool = False,
    date: int | None = None,
    valid_for: int | None = None,
    listen: Listener,
) -> Offer:
    """Check what the suite would offer, and show it if it is anything else, or `anyway`.

    Unless it is to be `exactly` that, sources leave that only modules were owed for which leave.
    The repository's lock is held, but where nobody signs: then nothing is written. `demand`
    None refuses nothing.
    """
    contents = _Contents(target.layout, incoming)
    raise_faults(contents.unfit())
    with step(listen, "checking that the modules go together"):
        found = _looked_over(planned, target, demand, contents.held)
    if found.unowed and not exactly:
        planned = without_sources(planned, found.unowed)
    nothing = Offer(snapshot=None, changes=planned.changes, sets=found.sets)
    if signers is None:
        return nothing
    able = signers()
    write_settings(target.layout, target.settings, able.public)
    if not (planned.added or planned.removed or found.sets or anyway):
        return nothing
    keep_proofs(target.layout, demand.proofs if demand else ())
    documents = tuple(keep_set(target.layout, one) for one in found.sets)
    proposal = Proposal(
        plan=planned,
        incoming=tuple(incoming),
        layout=target.layout,
        settings=target.settings,
        suite=target.suite,
        before=target.before,
        modules=lines_text(found.lines),
        documents=documents,
        paths=contents.paths,
        times=times(target.layout, target.before, date=date, valid_for=valid_for),
        signers=able,
    )
    identity = show(proposal, listen=listen)
    return Offer(snapshot=identity, changes=planned.changes, sets=found.sets)


def _looked_over(planned: Plan, target: Target, demand: Demand | None, read: Read) -> WholeSet:
    given = demand.proofs if demand else ()
    proved = {stack: proof for one in given for stack, proof in one.proved.items()}
    found = whole_set(
        planned,
        target.before,
        Looking(
            layout=target.layout,
            read=read,
            proved={**proved, **known_proofs(target.layout)},
            anew=bool(proved),
            strict=demand is not None,
        ),
    )
    if demand and not demand.unproved and must_be_proved(target.suite):
        changed = (one for one in found.sets if one.key in found.changed)
        raise_faults(unproved_faults(changed, target.suite, given))
    return found


class _Contents:
    """What is in packages that are coming, or are published: each is looked into once."""

    def __init__(self, layout: Layout, incoming: Sequence[Incoming]) -> None:
        self._root = layout.root
        self._coming = {one.entry: one for one in incoming}
        self._seen: dict[Entry, Listed] = {}

    def held(self, entry: Entry) -> tuple[Held, ...]:
        """The modules in a package; raises `QlumodError`."""
        coming = self._coming.get(entry)
        if coming and coming.held is not None:
            return coming.held
        return read_held(self._listed(entry).texts, entry.title)

    def paths(self, entry: Entry) -> Sequence[bytes]:
        """Its files and links."""
        return Listed(names=self._names(entry), texts={}).paths

    def _names(self, entry: Entry) -> bytes:
        coming = self._coming.get(entry)
        if coming and coming.names is not None:
            return coming.names
        return self._listed(entry).names

    def unfit(self) -> Iterator[QlumodError]:
        """What of the packages that are coming must not get into an index."""
        for entry in self._coming:
            yield from wrong_in_fields(entry)
            if not entry.is_source:
                yield from hidden_in_paths(entry, self._names(entry))

    def _listed(self, entry: Entry) -> Listed:
        if entry not in self._seen:
            coming = self._coming.get(entry)
            file = coming.sources[0] if coming else self._root / entry.files[0].path
            self._seen[entry] = listed(file)
        return self._seen[entry]
