"""One publication, from a plan to the rename that shows it."""

import calendar
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from qlumod.errors import QlumodError
from qlumod.events import Listener, step
from qlumod.model.digests import digest_bytes
from qlumod.repository.incoming import Incoming
from qlumod.repository.indexes import architectures_of, compressed, index_texts
from qlumod.repository.layout import Layout
from qlumod.repository.listing import Paths, contents_texts
from qlumod.repository.module_sets import MODULES
from qlumod.repository.plan import Plan
from qlumod.repository.release import release_text
from qlumod.repository.settings import Settings
from qlumod.repository.snapshots import Snapshot
from qlumod.repository.staging import (
    Staging,
    check_references,
    commit,
    stage_indexes,
    stage_pool,
    stage_release,
    staged,
)
from qlumod.repository.trial import try_staged
from qlumod.system.files import Sum, write_new
from qlumod.system.gpg import SigningKey, clearsign, detach_sign
from qlumod.system.keys import armoured_keys

_IDENTITY = "%Y%m%dT%H%M%SZ"
CLOCK_SLACK = 30
"""How many seconds the newest snapshot may be ahead of this machine's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When a snapshot was made, and when clients are to stop believing it."""

    date: int
    valid_until: int | None

    @property
    def identity(self) -> str:
        """The snapshot's name."""
        return time.strftime(_IDENTITY, time.gmtime(self.date))


def times(
    layout: Layout, before: Snapshot | None, *, date: int | None, valid_for: int | None
) -> Times:
    """Date a publication later than all others: apt ignores a Release file that is older.

    `date` None is now. `valid_for` are seconds; None keeps what the suite had.
    """
    moment = _later_than_all(layout, date)
    span = _span(before) if valid_for is None else valid_for
    return Times(date=moment, valid_until=moment + span if span is not None else None)


def show(
    plan: Plan,
    incoming: Iterable[Incoming],
    *,
    layout: Layout,
    settings: Settings,
    suite: str,
    before: Snapshot | None,
    modules: str,
    paths: Paths,
    times: Times,
    keys: Sequence[SigningKey],
    listen: Listener,
) -> str:
    """Make the planned entries what the suite offers; returns the snapshot's name.

    `modules` is the text of its module sets, `paths` tells the files of packages.
    """
    architectures = architectures_of(plan.entries, settings.architectures)
    with staged(layout, times.identity, suite, times.date) as staging:
        stage_pool(staging, incoming, listen=listen)
        check_references(staging, plan.entries)
        with step(listen, "writing the indexes"):
            texts = {
                **index_texts(plan.entries, architectures),
                **contents_texts(plan.entries, architectures, before, paths),
            }
            sums = _stage_indexes(staging, texts, before, xz=settings.xz, listen=listen)
            sums |= _stage_modules(staging, modules.encode())
        text = release_text(
            settings,
            suite=suite,
            architectures=architectures,
            date=times.date,
            valid_until=times.valid_until,
            files=sums,
        )
        with step(listen, "signing"):
            stage_release(staging, _signed(text.encode(), keys))
        try_staged(
            staging,
            plan.entries,
            plan.added,
            architectures=architectures,
            keyring=armoured_keys(keys),
            listen=listen,
        )
        commit(staging, listen=listen)
    return times.identity


def _stage_indexes(
    staging: Staging,
    texts: Mapping[str, bytes],
    before: Snapshot | None,
    *,
    xz: bool,
    listen: Listener,
) -> dict[str, Sum]:
    files = compressed(texts, staging.layout.chunks, xz=xz, listen=listen)
    stage_indexes(staging, files, before.directory if before else None)
    return _sums({**texts, **files})


def _stage_modules(staging: Staging, data: bytes) -> dict[str, Sum]:
    write_new(staging.indexes / MODULES, data, modified=staging.date)
    return _sums({MODULES: data})


def _sums(files: Mapping[str, bytes]) -> dict[str, Sum]:
    return {path: Sum(size=len(data), sha256=digest_bytes(data)) for path, data in files.items()}


def _signed(release: bytes, keys: Sequence[SigningKey]) -> dict[str, bytes]:
    first, *others = keys
    return {
        "Release": release,
        "Release.gpg": detach_sign(first, release, also=others),
        "InRelease": clearsign(first, release, also=others),
    }


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
    # Two snapshots never have one name; clients refuse dates in the future.
    time.sleep(max(0.0, ahead + 1))
    return int(time.time())


def _stamp(date: int) -> str:
    return time.strftime(_IDENTITY, time.gmtime(date))


def _epoch(identity: str) -> int:
    return calendar.timegm(time.strptime(identity, _IDENTITY))


def _span(before: Snapshot | None) -> int | None:
    if before is None or before.valid_until is None:
        return None
    return before.valid_until - before.date
