"""Publishing: a repository takes packages whose compatibility is proven."""

from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path

from qlumod.events import Listener
from qlumod.late import late
from qlumod.model.permit import permits
from qlumod.repository.format.layout import Layout, suite
from qlumod.repository.format.settings import Settings, Wishes
from qlumod.repository.format.snapshots import Snapshot, current_snapshot, existing
from qlumod.repository.index.related import related
from qlumod.repository.publishing.founding import opened_settings, settle_repository
from qlumod.repository.publishing.incoming import read_incoming, suite_of
from qlumod.repository.publishing.offering import Demand, Offer, demand, publisher
from qlumod.repository.publishing.outcome import Publication
from qlumod.repository.publishing.package_files import Incoming
from qlumod.repository.publishing.terms import Admission, Terms
from qlumod.repository.rules.redistribution import refuse_private, refuse_trials
from qlumod.repository.rules.selection import only
from qlumod.repository.rules.suite_plan import SuitePlan, plan_publication

proving = late("qlumod.proof.known_permits")


def publish(
    files: Sequence[Path],
    target: str | None,
    *,
    wishes: Wishes,
    admission: Admission,
    terms: Terms,
    listen: Listener,
) -> Publication:
    """Put .debs, source packages and all files of .changes files into a suite.

    Everything is checked before anything is written; afterwards either all packages are visible or
    none is. Publishing the same files again changes nothing. `target` None is the suite that the
    module packages name. A missing repository is created according to the wishes.
    """
    layout = Layout(root=terms.repository.absolute())
    settings = settle_repository(layout, wishes)
    demanded = _demand(layout, settings, admission)
    with publisher(layout, settings, terms, listen=listen) as into:
        incoming = read_incoming(files, layout.root, listen=listen)
        new = tuple(one.entry for one in incoming)
        refuse_trials(new, admission.profile)
        name = suite(target) if target else suite_of(incoming)
        refuse_private(new, name, settings)
        with into.opened():
            before = current_snapshot(layout, name)
            return into.offer(
                Offer(
                    suite=name,
                    before=before,
                    plan=_planned(
                        layout,
                        before,
                        incoming,
                        clients=_clients(settings, before),
                        allow_older=admission.allow_older,
                    ),
                    incoming=incoming,
                    demand=demanded,
                )
            )


def promote(
    source: str,
    target: str,
    packages: Sequence[str] = (),
    *,
    admission: Admission,
    terms: Terms,
    listen: Listener,
) -> Publication:
    """Publish packages of one suite in another one, too: the same bytes, without a new build.

    `packages` are binary packages, none means all; their source packages are published with them.
    """
    layout = Layout(root=terms.repository.absolute())
    settings = opened_settings(layout)
    demanded = _demand(layout, settings, admission)
    with publisher(layout, settings, terms, listen=listen) as into, into.opened():
        before = current_snapshot(layout, suite(target))
        planned = plan_publication(
            before.entries() if before else (),
            only(existing(layout, source).entries(), packages, source),
            clients=_clients(settings, before),
            allow_older=admission.allow_older,
        )
        refuse_private(planned.added, target, settings)
        return into.offer(Offer(suite=target, before=before, plan=planned, demand=demanded))


def _demand(layout: Layout, settings: Settings, admission: Admission) -> Demand:
    """Read the proofs, which may permit only the differences that this program itself permits."""
    known = permits(proving.known_permits()) if admission.proofs else {}
    return demand(layout, settings, admission, known)


def _clients(settings: Settings, before: Snapshot | None) -> frozenset[str]:
    """The architectures of a suite's clients."""
    return frozenset(settings.architectures) | {*(before.architectures if before else ())}


def _planned(
    layout: Layout,
    before: Snapshot | None,
    incoming: Sequence[Incoming],
    *,
    clients: Collection[str],
    allow_older: bool,
) -> SuitePlan:
    new = [one.entry for one in incoming]
    if before is None:
        return plan_publication((), new, clients=clients, allow_older=allow_older)
    everything = cache(before.entries)
    known = related(before, layout, new)
    return plan_publication(
        everything() if known is None else known,
        new,
        clients=clients,
        everything=everything,
        allow_older=allow_older,
    )
