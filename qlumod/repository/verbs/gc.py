"""Removing old snapshots, and the packages that only they have."""

import time
from pathlib import Path

from qlumod.events import Listener, step
from qlumod.repository.format.layout import Layout
from qlumod.repository.format.snapshots import all_snapshots
from qlumod.repository.maintenance.gc import LettingGo, carry_out, letting_go
from qlumod.repository.publishing.founding import opened_settings
from qlumod.repository.publishing.snapshot_staging import opened
from qlumod.repository.rules.retention import Offered, Retention, retained


def collect(
    repository: Path,
    *,
    retention: Retention,
    now: int | None = None,
    dry_run: bool = False,
    wait: float = 0.0,
    listen: Listener,
) -> LettingGo:
    """Remove the snapshots that the policy does not keep, and all files that only they name.

    The content of suites does not change. `now` None is the clock's time.
    """
    layout = Layout(root=repository.absolute())
    opened_settings(layout)
    moment = int(time.time()) if now is None else now
    if dry_run:
        return _going(layout, retention, moment, listen)
    with opened(layout, wait=wait, listen=listen):
        going = _going(layout, retention, moment, listen)
        carry_out(layout, going, listen=listen)
        return going


def _going(layout: Layout, retention: Retention, now: int, listen: Listener) -> LettingGo:
    snapshots = all_snapshots(layout)
    current = {identity for name in layout.suite_names() if (identity := layout.current(name))}
    offered: list[Offered] = []
    with step(listen, "reading snapshots", total=len(snapshots), unit="snapshots") as advance:
        for snapshot in snapshots:
            offered.append(Offered(snapshot=snapshot, entries=snapshot.entries()))
            advance(1)
    return letting_go(layout, offered, retained(offered, current, retention, now=now))
