"""Publishing: packages become part of a signed suite, all of them by one rename."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.events import Listener
from qlumod.repository.founding import settle, write_settings, write_sources
from qlumod.repository.incoming import Incoming, read_incoming, suite_of
from qlumod.repository.layout import Layout
from qlumod.repository.layout import suite as suite_name
from qlumod.repository.plan import Change, Plan, plan
from qlumod.repository.publication import show, times
from qlumod.repository.settings import Wishes
from qlumod.repository.snapshots import Snapshot, current_snapshot
from qlumod.repository.staging import check_pool, opened
from qlumod.system.keys import agent_as_it_was, usable_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What a publication did, or would do."""

    suite: str
    snapshot: str | None
    """The new snapshot; None: nothing was published."""
    changes: tuple[Change, ...]


def publish(
    files: Sequence[Path],
    *,
    repository: Path,
    suite: str | None,
    wishes: Wishes,
    allow_older: bool = False,
    date: int | None = None,
    valid_for: int | None = None,
    wait: float = 0.0,
    listen: Listener,
) -> Publication:
    """Put .debs, source packages and all that .changes files name into a suite.

    Everything is checked before anything is written; after it, either all packages are visible or
    none is. The same files again change nothing. `suite` None is the one that the module packages
    say; `date` None is now; `valid_for` are seconds, None as before; `wait` are the seconds that
    another publisher may take.
    """
    layout = Layout(root=repository.absolute())
    settings = settle(layout, wishes)
    with agent_as_it_was():
        key = usable_key(settings.keys[0])
        incoming = read_incoming(files, listen=listen)
        name = suite_name(suite) if suite else suite_of(incoming)
        with opened(layout, wait=wait, listen=listen):
            write_settings(layout, settings, key)
            before = current_snapshot(layout, name)
            planned = _planned(before, incoming, allow_older=allow_older)
            identity = None
            if planned.added:
                identity = show(
                    planned,
                    incoming,
                    layout=layout,
                    settings=settings,
                    suite=name,
                    before=before,
                    times=times(layout, before, date=date, valid_for=valid_for),
                    key=key,
                    listen=listen,
                )
            write_sources(layout, settings, name)
    return Publication(suite=name, snapshot=identity, changes=planned.changes)


def preview(
    files: Sequence[Path],
    *,
    repository: Path,
    suite: str | None,
    wishes: Wishes,
    allow_older: bool = False,
    listen: Listener,
) -> Publication:
    """Tell what `publish` would change, and whether anything is against it; writes nothing."""
    layout = Layout(root=repository.absolute())
    settings = settle(layout, wishes)
    with agent_as_it_was():
        usable_key(settings.keys[0])
    incoming = read_incoming(files, listen=listen)
    name = suite_name(suite) if suite else suite_of(incoming)
    planned = _planned(current_snapshot(layout, name), incoming, allow_older=allow_older)
    check_pool(layout, incoming)
    return Publication(suite=name, snapshot=None, changes=planned.changes)


def _planned(before: Snapshot | None, incoming: Sequence[Incoming], *, allow_older: bool) -> Plan:
    published = before.entries() if before else ()
    return plan(published, [one.entry for one in incoming], allow_older=allow_older)
