"""Publishing: packages become part of a signed suite, all of them by one rename."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener
from qlumod.model.profile import RELEASED, profile_of
from qlumod.repository.entries import Entry
from qlumod.repository.founding import opened_settings, settle, write_sources
from qlumod.repository.incoming import Incoming, read_incoming, suite_of
from qlumod.repository.layout import Layout
from qlumod.repository.layout import suite as suite_name
from qlumod.repository.module_sets import ModuleSet
from qlumod.repository.plan import Change, Plan, plan, plan_for
from qlumod.repository.redistribution import refuse_private
from qlumod.repository.related import related
from qlumod.repository.settings import Settings, Wishes
from qlumod.repository.snapshots import Snapshot, current_snapshot, existing
from qlumod.repository.staging import check_pool, opened
from qlumod.system.keys import Signers, signing
from qlumod.workflows.offering import Offer, Target, demand, offer


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What a publication did, or would do."""

    suite: str
    snapshot: str | None
    """The new snapshot; None: nothing was published."""
    changes: tuple[Change, ...]
    sets: tuple[ModuleSet, ...] = ()
    """The sets of modules that it says something new of."""


def publish(
    files: Sequence[Path],
    *,
    repository: Path,
    suite: str | None,
    wishes: Wishes,
    allow_older: bool = False,
    proofs: Sequence[Path] = (),
    unproved: bool = False,
    profile: str = RELEASED,
    date: int | None = None,
    valid_for: int | None = None,
    wait: float = 0.0,
    listen: Listener,
) -> Publication:
    """Put .debs, source packages and all that .changes files name into a suite.

    Everything is checked before anything is written; after it, either all packages are visible or
    none is. The same files again change nothing. `suite` None is the one that the module packages
    say; `proofs` are documents of verify-stack, without which (or `unproved`) modules are refused;
    `date` None is now; `valid_for` are seconds, None as before; `wait` are the seconds that another
    publisher may take.
    """
    layout = Layout(root=repository.absolute())
    settings = settle(layout, wishes)
    demanded = demand(layout, settings, proofs, unproved=unproved)
    with signing(settings.keys) as signers:
        incoming = read_incoming(files, listen=listen)
        _require_profile(incoming, profile)
        name = suite_name(suite) if suite else suite_of(incoming)
        if not layout.own.is_dir():
            # No repository is begun with keys that cannot sign, or that nobody should believe.
            raise_faults(signers().faults(settings.keys))
        with opened(layout, wait=wait, listen=listen):
            before = current_snapshot(layout, name)
            refuse_private((one.entry for one in incoming), name, settings)
            planned = _planned(layout, before, incoming, allow_older=allow_older)
            offered = offer(
                planned,
                incoming,
                target=Target(layout=layout, settings=settings, suite=name, before=before),
                demand=demanded,
                signers=signers,
                date=date,
                valid_for=valid_for,
                listen=listen,
            )
            write_sources(layout, settings, name)
    return _publication(name, offered)


def preview(
    files: Sequence[Path],
    *,
    repository: Path,
    suite: str | None,
    wishes: Wishes,
    allow_older: bool = False,
    proofs: Sequence[Path] = (),
    unproved: bool = False,
    profile: str = RELEASED,
    listen: Listener,
) -> Publication:
    """Tell what `publish` would change, and whether anything is against it; writes nothing."""
    layout = Layout(root=repository.absolute())
    settings = settle(layout, wishes)
    demanded = demand(layout, settings, proofs, unproved=unproved)
    with signing(settings.keys) as signers:
        incoming = read_incoming(files, listen=listen)
        signers()
    _require_profile(incoming, profile)
    name = suite_name(suite) if suite else suite_of(incoming)
    refuse_private((one.entry for one in incoming), name, settings)
    before = current_snapshot(layout, name)
    planned = _planned(layout, before, incoming, allow_older=allow_older)
    check_pool(layout, incoming)
    offered = offer(
        planned,
        incoming,
        target=Target(layout=layout, settings=settings, suite=name, before=before),
        demand=demanded,
        signers=None,
        listen=listen,
    )
    return _publication(name, offered)


def _publication(suite: str, offered: Offer) -> Publication:
    return Publication(
        suite=suite, snapshot=offered.snapshot, changes=offered.changes, sets=offered.sets
    )


def _require_profile(incoming: Sequence[Incoming], profile: str) -> None:
    """Refuse what was made in another profile than that which is to be published."""
    raise_faults(
        QlumodError(
            f"{one.entry.title} was made in the profile {made}, for trials",
            remedy="build it without --profile; into a repository for trials: "
            f"qlumod publish --profile {made}",
        )
        for one in incoming
        if (made := profile_of(one.entry.version)) not in (RELEASED, profile)
    )


def promote(
    source: str,
    target: str,
    *,
    repository: Path,
    packages: Sequence[str] = (),
    allow_older: bool = False,
    proofs: Sequence[Path] = (),
    unproved: bool = False,
    valid_for: int | None = None,
    date: int | None = None,
    dry_run: bool = False,
    wait: float = 0.0,
    listen: Listener,
) -> Publication:
    """Offer what one suite has in another one, too: the same bytes, never built again.

    `packages` are binary packages, none stands for all; the sources that they were built from come
    along.
    """
    layout = Layout(root=repository.absolute())
    settings = opened_settings(layout)
    demanded = demand(layout, settings, proofs, unproved=unproved)

    def offered(signers: Callable[[], Signers] | None) -> Publication:
        before = current_snapshot(layout, suite_name(target))
        found = plan(
            before.entries() if before else (),
            _chosen(existing(layout, source), packages),
            allow_older=allow_older,
        )
        refuse_private(found.added, target, settings)
        done = offer(
            found,
            target=Target(layout=layout, settings=settings, suite=target, before=before),
            demand=demanded,
            signers=signers,
            date=date,
            valid_for=valid_for,
            listen=listen,
        )
        return _publication(target, done)

    if dry_run:
        return offered(None)
    with signing(settings.keys) as signers:
        signers()
        with opened(layout, wait=wait, listen=listen):
            published = offered(signers)
            write_sources(layout, settings, target)
    return published


def renew(
    suites: Sequence[str],
    *,
    repository: Path,
    only_due: bool = False,
    valid_for: int | None = None,
    date: int | None = None,
    wait: float = 0.0,
    listen: Listener,
) -> tuple[Publication, ...]:
    """Sign suites anew with the same packages, so that clients go on believing them.

    None stands for all suites. `only_due` leaves those as they are that clients believe for more
    than half of their time still, or for ever.
    """
    layout = Layout(root=repository.absolute())
    settings = opened_settings(layout)
    with signing(settings.keys) as signers:
        signers()
        with opened(layout, wait=wait, listen=listen):
            return tuple(
                _renewed(
                    before,
                    layout=layout,
                    settings=settings,
                    signers=signers,
                    valid_for=valid_for,
                    date=date,
                    listen=listen,
                )
                for name in suites or layout.suite_names()
                if _is_due(before := existing(layout, name), date) or not only_due
            )


def _planned(
    layout: Layout, before: Snapshot | None, incoming: Sequence[Incoming], *, allow_older: bool
) -> Plan:
    new = [one.entry for one in incoming]
    if before is None:
        return plan((), new, allow_older=allow_older)
    everything = cache(before.entries)
    known = related(before, layout, new)
    return plan(
        everything() if known is None else known,
        new,
        everything=everything,
        allow_older=allow_older,
    )


def _chosen(snapshot: Snapshot, packages: Sequence[str]) -> tuple[Entry, ...]:
    entries = snapshot.entries()
    missing = sorted(set(packages) - {entry.package for entry in entries if not entry.is_source})
    if missing:
        raise QlumodError(f"{snapshot.suite} has no package {', '.join(missing)}")
    if not packages:
        return entries
    sources = {entry.source for entry in entries if entry.package in packages}
    return tuple(
        entry
        for entry in entries
        if (entry.source in sources if entry.is_source else entry.package in packages)
    )


def _is_due(before: Snapshot, date: int | None) -> bool:
    if before.valid_until is None:
        return False
    now = time.time() if date is None else date
    return now > (before.date + before.valid_until) / 2


def _renewed(
    before: Snapshot,
    *,
    layout: Layout,
    settings: Settings,
    signers: Callable[[], Signers],
    valid_for: int | None,
    date: int | None,
    listen: Listener,
) -> Publication:
    planned = plan_for(before.entries(), before.entries())
    offered = offer(
        planned,
        target=Target(layout=layout, settings=settings, suite=before.suite, before=before),
        demand=None,
        signers=signers,
        anyway=True,
        date=date,
        valid_for=valid_for,
        listen=listen,
    )
    return _publication(before.suite, offered)
