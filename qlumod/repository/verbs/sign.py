"""Signing suites again, so that clients continue to accept them."""

import time
from collections.abc import Sequence

from qlumod.events import Listener
from qlumod.repository.format.layout import Layout
from qlumod.repository.format.snapshots import Snapshot, existing
from qlumod.repository.publishing.founding import opened_settings
from qlumod.repository.publishing.offering import Offer, publisher
from qlumod.repository.publishing.outcome import Publication
from qlumod.repository.publishing.terms import Terms
from qlumod.repository.rules.suite_plan import plan_for


def renew(
    suites: Sequence[str], *, only_due: bool = False, terms: Terms, listen: Listener
) -> tuple[Publication, ...]:
    """Sign suites again with the same packages; without names, all suites.

    `only_due` skips suites whose remaining validity is more than half of the whole one, or
    unlimited.
    """
    layout = Layout(root=terms.repository.absolute())
    settings = opened_settings(layout)
    with publisher(layout, settings, terms, listen=listen) as into, into.opened():
        now = time.time() if terms.date is None else terms.date
        return tuple(
            into.offer(_again(before))
            for name in suites or layout.suite_names()
            if _is_due(before := existing(layout, name), now) or not only_due
        )


def _again(before: Snapshot) -> Offer:
    entries = before.entries()
    return Offer(suite=before.suite, before=before, plan=plan_for(entries, entries), anyway=True)


def _is_due(before: Snapshot, now: float) -> bool:
    return before.valid_until is not None and now > (before.date + before.valid_until) / 2
