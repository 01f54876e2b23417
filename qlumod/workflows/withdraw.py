"""Taking back what a suite offers: an earlier set again, or some packages less."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from debian.debian_support import Version

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener
from qlumod.repository.entries import Entry, sort_entries
from qlumod.repository.founding import opened_settings, write_sources
from qlumod.repository.incoming import Incoming, read_incoming
from qlumod.repository.layout import Layout, snapshot_id
from qlumod.repository.plan import Change, plan_for
from qlumod.repository.raising import make_raised, to_raise
from qlumod.repository.relations import broken_by
from qlumod.repository.retention import family, newest_versions
from qlumod.repository.snapshots import Snapshot, all_snapshots, existing
from qlumod.repository.staging import opened
from qlumod.system.keys import Signers, signing
from qlumod.system.scratch import scratch
from qlumod.workflows.offering import Target, offer


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """What a suite offers less, or would."""

    suite: str
    snapshot: str | None
    """The new snapshot; None: nothing was published."""
    changes: tuple[Change, ...]
    back_to: str | None = None
    """The snapshot whose packages it offers again."""

    @property
    def lower(self) -> tuple[str, ...]:
        """The packages of which clients keep a higher version than the suite offers then."""
        return tuple(
            change.package
            for change in self.changes
            if change.old and change.new and Version(change.new) < Version(change.old)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Less:
    """What is to be shown: the whole set, and the packages that had to be made for it."""

    entries: tuple[Entry, ...]
    made: tuple[Incoming, ...] = ()


def rollback(
    suite: str,
    identity: str | None = None,
    *,
    repository: Path,
    raise_metas: bool = False,
    valid_for: int | None = None,
    date: int | None = None,
    dry_run: bool = False,
    wait: float = 0.0,
    listen: Listener,
) -> Withdrawal:
    """Let a suite offer again what it offered in an earlier snapshot, with a newer date.

    `identity` None is the newest snapshot that had other packages. `raise_metas` gives meta
    packages a higher version, which clients that already upgraded follow.
    """
    layout = Layout(root=repository.absolute())
    with _held(layout, dry_run=dry_run, wait=wait, listen=listen) as signers, scratch() as folder:
        before = existing(layout, suite)
        earlier = _earlier(layout, before, identity)
        less = _Less(entries=earlier.entries())
        if raise_metas:
            less = _raised(layout, before, less.entries, folder, listen)
        return _withdrawn(
            less,
            layout=layout,
            before=before,
            back_to=earlier.identity,
            signers=signers,
            date=date,
            valid_for=valid_for,
            listen=listen,
        )


def remove(
    suite: str,
    packages: Sequence[str] = (),
    *,
    repository: Path,
    keep: int | None = None,
    valid_for: int | None = None,
    date: int | None = None,
    dry_run: bool = False,
    wait: float = 0.0,
    listen: Listener,
) -> Withdrawal:
    """Take binary packages out of a suite, with the sources that nothing else there was made from.

    `keep` takes out all payload packages but the newest so many versions of each meta-version. What
    others of the suite need is refused.
    """
    layout = Layout(root=repository.absolute())
    with _held(layout, dry_run=dry_run, wait=wait, listen=listen) as signers:
        before = existing(layout, suite)
        return _withdrawn(
            _Less(entries=_without(before, packages, keep)),
            layout=layout,
            before=before,
            signers=signers,
            date=date,
            valid_for=valid_for,
            listen=listen,
        )


@contextmanager
def _held(
    layout: Layout, *, dry_run: bool, wait: float, listen: Listener
) -> Iterator[Callable[[], Signers] | None]:
    """The repository's lock, with who signs; None: nothing is to be written."""
    settings = opened_settings(layout)
    with signing(settings.keys) as signers:
        signers()
        if dry_run:
            yield None
        else:
            with opened(layout, wait=wait, listen=listen):
                yield signers


def _withdrawn(
    less: _Less,
    *,
    layout: Layout,
    before: Snapshot,
    back_to: str | None = None,
    signers: Callable[[], Signers] | None,
    date: int | None,
    valid_for: int | None,
    listen: Listener,
) -> Withdrawal:
    """Publish the set that is left, unless nobody signs it."""
    settings = opened_settings(layout)
    planned = plan_for(before.entries(), less.entries)
    done = offer(
        planned,
        less.made,
        target=Target(layout=layout, settings=settings, suite=before.suite, before=before),
        demand=None,
        signers=signers,
        exactly=back_to is not None,
        date=date,
        valid_for=valid_for,
        listen=listen,
    )
    if done.snapshot:
        write_sources(layout, settings, before.suite)
    suite, snapshot = before.suite, done.snapshot
    return Withdrawal(suite=suite, snapshot=snapshot, changes=done.changes, back_to=back_to)


def _raised(
    layout: Layout, before: Snapshot, entries: tuple[Entry, ...], folder: Path, listen: Listener
) -> _Less:
    """The same set with the meta packages under higher versions."""
    raised = to_raise(before.entries(), entries)
    made = read_incoming(make_raised(layout, raised, folder), listen=listen)
    staying = set(entries) - {one.entry for one in raised}
    return _Less(entries=sort_entries((*staying, *(one.entry for one in made))), made=made)


def _earlier(layout: Layout, before: Snapshot, identity: str | None) -> Snapshot:
    of_suite = [one for one in all_snapshots(layout) if one.suite == before.suite]
    if identity is not None:
        wanted = snapshot_id(identity)
        of_suite = [one for one in of_suite if one.identity == wanted]
    else:
        now = before.entries()
        of_suite = [one for one in reversed(of_suite) if one.entries() != now]
    if not of_suite:
        raise QlumodError(
            f"{before.suite} has no snapshot {identity or 'with other packages'}",
            remedy=f"qlumod snapshot list --repository {layout.root} names them all",
        )
    return of_suite[0]


def _without(before: Snapshot, packages: Sequence[str], keep: int | None) -> tuple[Entry, ...]:
    entries = before.entries()
    binaries = [entry for entry in entries if not entry.is_source]
    missing = sorted(set(packages) - {entry.package for entry in binaries})
    if missing:
        raise QlumodError(f"{before.suite} has no package {', '.join(missing)}")
    beyond = set() if keep is None else _beyond(binaries, keep)
    removed = [entry for entry in binaries if entry.package in packages or entry in beyond]
    gone = set(removed)
    staying = [entry for entry in binaries if entry not in gone]
    raise_faults(
        QlumodError(
            f"{entry.title} needs {relation}, which {before.suite} would not have any more",
            remedy=f"remove {entry.package}, too, or publish one that does not need it",
        )
        for entry, relation in broken_by(removed, staying)
    )
    dropped = {entry.source for entry in removed} - {entry.source for entry in staying}
    sources = [entry for entry in entries if entry.is_source and entry.source not in dropped]
    return sort_entries((*staying, *sources))


def _beyond(binaries: Sequence[Entry], keep: int) -> set[Entry]:
    """The payloads of older versions than those to keep; what follows versions has one anyway."""
    newest = newest_versions(binaries, keep)
    return {entry for entry in binaries if entry.version not in newest[family(entry)]}
