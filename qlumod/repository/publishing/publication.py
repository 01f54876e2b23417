"""One publication, from a plan to the rename that makes it visible."""

import lzma
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener, Notice, step
from qlumod.model.names import Digest
from qlumod.repository.format.index_entries import ALL, SOURCE
from qlumod.repository.format.indexes import XZ, architectures_of, packages_path
from qlumod.repository.format.layout import Layout
from qlumod.repository.format.release_file import suite_release_text
from qlumod.repository.format.settings import Settings
from qlumod.repository.format.snapshots import Snapshot
from qlumod.repository.index.chunks import Chunks, Damaged
from qlumod.repository.index.cutting import Chunked
from qlumod.repository.index.listing import Paths
from qlumod.repository.index.upkeep import changed_indexes, named_files
from qlumod.repository.publishing.package_files import Incoming
from qlumod.repository.publishing.snapshot_staging import (
    Staging,
    check_pool,
    check_references,
    commit,
    keep_earlier,
    stage_again,
    stage_file,
    stage_index,
    stage_pool,
    staged,
    sync_staged,
    unsynced,
)
from qlumod.repository.publishing.trial import Trial, try_staged
from qlumod.repository.rules.suite_plan import SuitePlan
from qlumod.repository.sets.set_documents import MODULES
from qlumod.system.disk.regular_files import Sum
from qlumod.system.keys.gpg import SigningKey, clearsign, detach_sign
from qlumod.system.keys.signers import Signers
from qlumod.system.processes.workers import workers

_IDENTITY = "%Y%m%dT%H%M%SZ"
CLOCK_SLACK = 30
"""The maximum seconds by which the newest snapshot may be ahead of this machine's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The time of a snapshot, and the time after which clients reject it."""

    date: int
    valid_until: int | None

    @property
    def identity(self) -> str:
        return time.strftime(_IDENTITY, time.gmtime(self.date))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedSnapshot:
    """A snapshot to publish: its content, its times, and its signing keys."""

    plan: SuitePlan
    incoming: tuple[Incoming, ...]
    """The packages whose files may not be in the pool yet."""
    layout: Layout
    settings: Settings
    suite: str
    before: Snapshot | None
    """The snapshot that the suite offers now."""
    modules: str
    """The text of its module sets file."""
    documents: tuple[Path, ...]
    """The document files of these sets, which are not synced yet."""
    paths: Paths
    """Returns the files of a package."""
    times: Times
    despite: str | None
    """The reason to publish packages that the trial refuses; None: there is none."""
    signers: Callable[[], Signers]
    """Waits for the test of the keys, after the indexes are written; raises all faults of keys."""


def times(
    layout: Layout, before: Snapshot | None, *, date: int | None, valid_for: int | None
) -> Times:
    """The times of a publication, later than all others: apt ignores an older Release file.

    `date` None is now. `valid_for` is in seconds; None keeps the suite's present value.
    """
    moment = _later_than_all(layout, date)
    span = _span(before) if valid_for is None else valid_for
    return Times(date=moment, valid_until=moment + span if span is not None else None)


def show_snapshot(proposal: ProposedSnapshot, *, listen: Listener) -> str:
    """Publish the proposed snapshot and let the suite point at it; returns the snapshot's name."""
    try:
        _show(proposal, listen=listen)
    except Damaged as damage:
        listen(Notice(text=f"{damage}: all indexes are made anew"))
        proposal.layout.files.remove_tree(proposal.layout.chunks)
        _show(proposal, listen=listen)
    return proposal.times.identity


def _show(proposal: ProposedSnapshot, *, listen: Listener) -> None:
    """The same; raises `Damaged` if the cached chunks of earlier indexes are damaged."""
    layout, before, times = proposal.layout, proposal.before, proposal.times
    architectures = served_architectures(proposal.plan, proposal.settings, before)
    with staged(layout, times.identity, proposal.suite, times.date) as staging:
        chunks = Chunks(layout.chunks, staging.chunks)
        coming = check_pool(layout, proposal.incoming)
        with step(listen, "writing the indexes"):
            if before:
                keep_earlier(staging, before.directory)
            put = _Indexes(staging, chunks, xz=proposal.settings.xz)
            texts = changed_indexes(
                proposal.plan, before, architectures, chunks, proposal.paths, put=put
            )
            sums = put.sums
            sums[MODULES] = stage_file(staging, MODULES, proposal.modules.encode())
        text = suite_release_text(
            proposal.settings,
            suite=proposal.suite,
            architectures=architectures,
            date=times.date,
            valid_until=times.valid_until,
            despite=proposal.despite or "",
            files=sums,
        )
        with step(listen, "signing"):
            signers = proposal.signers()
            for name, data in _signed(text.encode(), signers.keys).items():
                stage_file(staging, name, data)
        # Copying may take long, so the signing comes before it.
        stage_pool(staging, coming, listen=listen)
        _look(proposal, staging, chunks, texts, signers, listen=listen)
        commit(staging, listen=listen)
        chunks.settle(layout.files)


def _look(
    proposal: ProposedSnapshot,
    staging: Staging,
    chunks: Chunks,
    texts: Mapping[str, Chunked],
    signers: Signers,
    *,
    listen: Listener,
) -> None:
    """Check the staged tree with an apt client and file by file, and sync it."""
    architectures = served_architectures(proposal.plan, proposal.settings, proposal.before)
    written = [*proposal.documents, *(file.parent for file in proposal.documents)]
    with workers(3) as beside:
        sound = beside.submit(chunks.check, texts.values())
        synced = beside.submit(sync_staged, staging, [*unsynced(staging), *written])

        def references() -> None:
            sound.result()
            check_references(staging, named_files(texts, chunks), proposal.plan)

        named = beside.submit(references)
        try:
            try_staged(
                staging,
                signers.public,
                Trial(
                    suite=proposal.suite,
                    offered=lambda name: chunks.plain(texts[packages_path(name)]),
                    added=proposal.plan.added,
                    architectures=architectures,
                    despite=proposal.despite,
                ),
                listen=listen,
            )
        except Exception:
            # If cached chunks are damaged, raise that error: it is the cause.
            sound.result()
            raise
        synced.result()
        named.result()


def served_architectures(
    plan: SuitePlan, settings: Settings, before: Snapshot | None
) -> tuple[str, ...]:
    """The architectures that need an index; one is dropped with its last package."""
    known = {entry.architecture for entry in plan.added} | set(settings.architectures)
    if not {entry.architecture for entry in plan.removed} - known - {ALL, SOURCE}:
        there = before.architectures if before else ()
        return architectures_of(plan.added, (*settings.architectures, *there))
    return architectures_of(plan.entries(), settings.architectures)


class _Indexes:
    """Compresses indexes and writes them into the staged tree; several threads may call it."""

    def __init__(self, staging: Staging, chunks: Chunks, *, xz: bool) -> None:
        self.sums: dict[str, Sum] = {}
        """Size and digest of each index, for Release."""
        self._staging = staging
        self._chunks = chunks
        self._xz = (XZ,) if xz else ()
        self._first: dict[Digest, str] = {}
        # All kinds share the empty text, so that no two threads may make it.
        chunks.pack_nothing()

    def __call__(self, path: str, text: Chunked) -> None:
        """Add an index; one that is equal to another one becomes a link."""
        self._chunks.pack(text)
        self.sums[path] = text.sum
        same = self._first.setdefault(text.sum.sha256, path)
        for ending in (*text.kind.endings, *self._xz):
            if found := self.sums.get(same + ending):
                stage_again(self._staging, path + ending, same + ending, found)
            else:
                parts = self._packed(text, ending)
                found = stage_index(self._staging, path + ending, parts)
            self.sums[path + ending] = found

    def _packed(self, text: Chunked, ending: str) -> Iterable[bytes]:
        if ending == XZ:
            return [lzma.compress(b"".join(self._chunks.plain(text)))]
        return self._chunks.packed(text, ending)


def _signed(release: bytes, keys: Sequence[SigningKey]) -> dict[str, bytes]:
    first, *others = keys
    with workers(1) as beside:
        detached = beside.submit(detach_sign, first, release, also=others)
        inside = clearsign(first, release, also=others)
    return {"Release": release, "Release.gpg": detached.result(), "InRelease": inside}


def _later_than_all(layout: Layout, date: int | None) -> int:
    names = layout.snapshot_names()
    newest = _epoch(names[-1]) if names else -1
    if date is not None:
        if date <= newest:
            raise QlumodError(
                f"cannot publish with the date {_stamp(date)}: {names[-1]} is published already",
                remedy="give a later date, or none",
            )
        return date
    ahead = newest - time.time()
    if ahead > CLOCK_SLACK:
        raise QlumodError(
            f"the newest snapshot, {names[-1]}, is {ahead:.0f} seconds ahead of this machine's"
            " clock: clients would ignore what is published now",
            remedy="set the clock",
        )
    # Two snapshots must have different names, and clients reject dates in the future.
    time.sleep(max(0.0, ahead + 1))
    return int(time.time())


def _stamp(date: int) -> str:
    return time.strftime(_IDENTITY, time.gmtime(date))


def _epoch(identity: str) -> int:
    return int(datetime.fromisoformat(identity).timestamp())


def _span(before: Snapshot | None) -> int | None:
    if before is None or before.valid_until is None:
        return None
    return before.valid_until - before.date
