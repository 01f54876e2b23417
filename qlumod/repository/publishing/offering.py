"""The steps of every verb that changes a suite: open the repository, plan, offer.

An `Offer` is a value. Its whole module set is checked before anything is written; then it is
published.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener, step
from qlumod.model.held import Held, read_held
from qlumod.model.permit import Permits
from qlumod.repository.format.hidden import hidden_in_paths, wrong_in_fields
from qlumod.repository.format.index_entries import ALL, IndexEntry
from qlumod.repository.format.indexes import piece_of
from qlumod.repository.format.layout import Layout
from qlumod.repository.format.settings import Settings
from qlumod.repository.format.snapshots import Snapshot
from qlumod.repository.index.listing import Listed, listed
from qlumod.repository.publishing.founding import write_settings, write_sources
from qlumod.repository.publishing.outcome import Publication
from qlumod.repository.publishing.package_files import Incoming
from qlumod.repository.publishing.publication import (
    ProposedSnapshot,
    served_architectures,
    show_snapshot,
    times,
)
from qlumod.repository.publishing.snapshot_staging import check_pool, opened
from qlumod.repository.publishing.terms import Admission, Terms
from qlumod.repository.publishing.trial import Trial, try_planned
from qlumod.repository.rules.suite_plan import SuitePlan, without_sources
from qlumod.repository.sets.proofs import (
    GivenProof,
    keep_proofs,
    known_proofs,
    provers,
    read_proof,
)
from qlumod.repository.sets.proving import must_be_proved, unproved_faults
from qlumod.repository.sets.set_documents import keep_set, lines_text
from qlumod.repository.sets.whole_set import Looking, Read, WholeSet, whole_set
from qlumod.system.keys.signers import Signers, signing


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """The requirements for new modules; modules that were offered before are exempt.

    `proofs` are given with the modules; `unproved` allows modules without proof.
    """

    proofs: tuple[GivenProof, ...] = ()
    unproved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The new content of a suite."""

    suite: str
    before: Snapshot | None
    """The snapshot that it offers now."""
    plan: SuitePlan
    incoming: Sequence[Incoming] = ()
    """The packages whose files may not be in the pool yet."""
    demand: Demand | None = None
    """None: all modules are accepted."""
    exactly: bool = False
    """Otherwise sources are removed that were owed only for removed modules."""
    anyway: bool = False
    """Whether to publish a new snapshot even if the packages are the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Changes suites of a repository; the signing keys are tested while other work is done."""

    layout: Layout
    settings: Settings
    terms: Terms
    signers: Callable[[], Signers]
    """Waits for the test of the keys; raises all faults of the keys."""
    listen: Listener

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Hold the repository's lock, unless nothing is written."""
        if not self.layout.own.is_dir():
            # No repository is created with keys that cannot sign or are too weak.
            raise_faults(self.signers().faults(self.settings.keys))
        if self.terms.dry_run:
            self.layout.require_one_file_system()
            yield
            return
        with opened(self.layout, wait=self.terms.wait, listen=self.listen):
            yield

    def offer(self, offer: Offer) -> Publication:
        """Check the new content of the suite, and publish it if it differs from the present one.

        The repository must be `opened`.
        """
        contents = _Contents(self.layout, offer.incoming)
        raise_faults(contents.unfit())
        with step(self.listen, "checking that the modules go together"):
            found = _looked_over(offer, self.layout, contents.held)
        planned = offer.plan
        if found.unowed and not offer.exactly:
            planned = without_sources(planned, found.unowed)
        snapshot: str | None = None
        if self.terms.dry_run:
            self.signers()
            check_pool(self.layout, offer.incoming)
            if planned.added:
                self._try_out(offer, planned)
        else:
            if planned.added or planned.removed or found.sets or offer.anyway:
                snapshot = show_snapshot(
                    self._proposal(offer, planned, found, contents), listen=self.listen
                )
            else:
                self._settled()
            write_sources(self.layout, self.settings, offer.suite)
        return Publication(
            suite=offer.suite, snapshot=snapshot, changes=planned.changes, sets=found.sets
        )

    def _proposal(
        self, offer: Offer, planned: SuitePlan, found: WholeSet, contents: "_Contents"
    ) -> ProposedSnapshot:
        """The snapshot to publish; the documents that it names are written first."""
        layout, terms = self.layout, self.terms
        keep_proofs(layout, offer.demand.proofs if offer.demand else ())
        return ProposedSnapshot(
            plan=planned,
            incoming=tuple(offer.incoming),
            layout=layout,
            settings=self.settings,
            suite=offer.suite,
            before=offer.before,
            modules=lines_text(found.lines),
            documents=tuple(keep_set(layout, one) for one in found.sets),
            paths=contents.paths,
            times=times(layout, offer.before, date=terms.date, valid_for=terms.valid_for),
            despite=terms.despite,
            signers=self._settled,
        )

    def _try_out(self, offer: Offer, planned: SuitePlan) -> None:
        """Test the new packages as a publication does, without writing to the repository."""
        entries = planned.entries()
        architectures = served_architectures(planned, self.settings, offer.before)
        offered = {
            name: [piece_of(one) for one in entries if one.architecture in (ALL, name)]
            for name in architectures
        }
        trial = Trial(
            suite=offer.suite,
            offered=offered.__getitem__,
            added=planned.added,
            architectures=architectures,
            despite=self.terms.despite,
        )
        try_planned(entries, trial, listen=self.listen)

    def _settled(self) -> Signers:
        """Wait for the test of the keys, then write settings and keyrings; returns the keys."""
        able = self.signers()
        write_settings(self.layout, self.settings, able.public)
        return able


@contextmanager
def publisher(
    layout: Layout, settings: Settings, terms: Terms, *, listen: Listener
) -> Iterator[Publisher]:
    """Start to test the signing keys, and yield a publisher; raises for wrong terms."""
    terms.check()
    with signing(settings.keys) as signers:
        yield Publisher(
            layout=layout, settings=settings, terms=terms, signers=signers, listen=listen
        )


def demand(layout: Layout, settings: Settings, admission: Admission, known: Permits) -> Demand:
    """Read the given proofs, which may name only `known` permits; raises the faults of all."""
    if not admission.proofs:
        return Demand(unproved=admission.unproved)
    believed = provers(layout, settings)
    read: list[GivenProof] = []
    faults: list[QlumodError] = []
    for path in admission.proofs:
        try:
            read.append(read_proof(path, believed, known))
        except QlumodError as fault:
            faults.append(fault)
    raise_faults(faults)
    return Demand(proofs=tuple(read), unproved=admission.unproved)


def _looked_over(offer: Offer, layout: Layout, read: Read) -> WholeSet:
    demand = offer.demand
    given = demand.proofs if demand else ()
    proved = {stack: proof for one in given for stack, proof in one.proved.items()}
    found = whole_set(
        offer.plan,
        offer.before,
        Looking(
            layout=layout,
            read=read,
            proved={**proved, **known_proofs(layout)},
            anew=bool(proved),
            strict=demand is not None,
        ),
    )
    if demand and not demand.unproved and must_be_proved(offer.suite):
        changed = (one for one in found.sets if one.key in found.changed)
        raise_faults(unproved_faults(changed, offer.suite, given))
    return found


class _Contents:
    """The content of incoming or published packages; each is read once."""

    def __init__(self, layout: Layout, incoming: Sequence[Incoming]) -> None:
        self._root = layout.root
        self._coming = {one.entry: one for one in incoming}
        self._seen: dict[IndexEntry, Listed] = {}

    def held(self, entry: IndexEntry) -> tuple[Held, ...]:
        """The modules in a package; raises `QlumodError`."""
        coming = self._coming.get(entry)
        if coming and coming.held is not None:
            return coming.held
        return read_held(self._listed(entry).texts, entry.title)

    def paths(self, entry: IndexEntry) -> Sequence[bytes]:
        """The files and links of a package."""
        return Listed(names=self._names(entry), texts={}).paths

    def _names(self, entry: IndexEntry) -> bytes:
        coming = self._coming.get(entry)
        if coming and coming.names is not None:
            return coming.names
        return self._listed(entry).names

    def unfit(self) -> Iterator[QlumodError]:
        """An error for each field or path of incoming packages that must not get into an index."""
        for entry in self._coming:
            yield from wrong_in_fields(entry)
            if not entry.is_source:
                yield from hidden_in_paths(entry, self._names(entry))

    def _listed(self, entry: IndexEntry) -> Listed:
        if entry not in self._seen:
            coming = self._coming.get(entry)
            file = coming.sources[0] if coming else self._root / entry.files[0].path
            self._seen[entry] = listed(file)
        return self._seen[entry]
