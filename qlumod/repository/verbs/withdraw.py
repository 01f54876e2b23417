"""Reverting a suite to an earlier snapshot, or removing packages from it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener
from qlumod.repository.format.index_entries import IndexEntry, sort_entries
from qlumod.repository.format.layout import Layout, snapshot_id
from qlumod.repository.format.snapshots import Snapshot, all_snapshots, existing
from qlumod.repository.maintenance.version_bump import make_raised, to_raise
from qlumod.repository.publishing.founding import opened_settings
from qlumod.repository.publishing.incoming import read_incoming
from qlumod.repository.publishing.offering import Offer, publisher
from qlumod.repository.publishing.outcome import Publication
from qlumod.repository.publishing.package_files import Incoming
from qlumod.repository.publishing.terms import Terms
from qlumod.repository.rules.retention import older_than
from qlumod.repository.rules.selection import without
from qlumod.repository.rules.suite_plan import plan_for
from qlumod.system.disk.scratch import scratch


@dataclass(frozen=True, slots=True, kw_only=True)
class _Less:
    """The new entries of a suite, and the packages that were made for it."""

    entries: tuple[IndexEntry, ...]
    made: tuple[Incoming, ...] = ()


def rollback(
    suite: str,
    identity: str | None = None,
    *,
    raise_metas: bool = False,
    terms: Terms,
    listen: Listener,
) -> Publication:
    """Publish the packages of an earlier snapshot of a suite again, with a newer date.

    `identity` None is the newest snapshot with other packages. `raise_metas` gives meta packages a
    higher version, so that clients that already upgraded follow.
    """
    layout = Layout(root=terms.repository.absolute())
    settings = opened_settings(layout)
    with (
        publisher(layout, settings, terms, listen=listen) as into,
        into.opened(),
        scratch() as folder,
    ):
        before = existing(layout, suite)
        earlier = _earlier(layout, before, identity)
        less = _Less(entries=earlier.entries())
        if raise_metas:
            less = _raised(layout, before, less.entries, folder, listen)
        done = into.offer(
            Offer(
                suite=before.suite,
                before=before,
                plan=plan_for(before.entries(), less.entries),
                incoming=less.made,
                exactly=True,
            )
        )
    return replace(done, back_to=earlier.identity)


def remove_packages(
    suite: str,
    packages: Sequence[str] = (),
    *,
    keep: int | None = None,
    terms: Terms,
    listen: Listener,
) -> Publication:
    """Remove binary packages from a suite, with sources from which no other package was built.

    `keep` removes all packages except the newest `keep` versions of each family (for payloads, of
    each meta-version). Raises if a remaining package needs a removed one.
    """
    layout = Layout(root=terms.repository.absolute())
    settings = opened_settings(layout)
    with publisher(layout, settings, terms, listen=listen) as into, into.opened():
        before = existing(layout, suite)
        entries = before.entries()
        binaries = [entry for entry in entries if not entry.is_source]
        old = () if keep is None else older_than(binaries, keep)
        staying = without(entries, packages, old, before.suite)
        return into.offer(Offer(suite=before.suite, before=before, plan=plan_for(entries, staying)))


def _raised(
    layout: Layout,
    before: Snapshot,
    entries: tuple[IndexEntry, ...],
    folder: Path,
    listen: Listener,
) -> _Less:
    """The same entries, with higher versions of the meta packages."""
    raised = to_raise(before.entries(), entries)
    made = read_incoming(make_raised(layout, raised, folder), layout.root, listen=listen)
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
