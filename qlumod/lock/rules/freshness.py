"""Archives that are older than those of the lock: validly signed, but possibly held back."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from qlumod.errors import QlumodError, raise_faults
from qlumod.model.lock import Lock, LockedArchive
from qlumod.model.release_archives import archive_name
from qlumod.model.stanzas import date_seconds
from qlumod.packaging.archives import Archives, Dated


@dataclass(frozen=True, slots=True, kw_only=True)
class Older:
    """An archive that may be older than the lock's, and the reason."""

    archive: str
    reason: str


def older_archive(text: str) -> Older:
    """Read ``ARCHIVE=REASON``; raises `QlumodError`."""
    name, _, reason = text.partition("=")
    if not reason.strip() or not reason.isprintable():
        raise QlumodError(f"{text!r} has not the form ARCHIVE=REASON, in one line")
    return Older(archive=archive_name(name), reason=reason.strip())


def chosen_snapshots(where: Archives, old: Lock | None) -> tuple[Older, ...]:
    """The archives that are older than the old lock's since this host chooses snapshots of them.

    Only a snapshot of an earlier time than the lock's archive is a reason: what claims to be a
    later one may be held back like any other archive.
    """
    return tuple(
        dict.fromkeys(
            Older(
                archive=found.archive,
                reason=f"this host's apt is set to the snapshot {found.snapshot}",
            )
            for before, found in _older(where, old)
            if found.snapshot and _snapshot_seconds(found.snapshot) < date_seconds(before.date, "")
        )
    )


def require_no_older(where: Archives, old: Lock | None, *, meant: Sequence[Older]) -> None:
    """Raise for each archive that is older than the old lock's.

    Otherwise an attacker who controls a mirror could give a host without lists old packages with
    known vulnerabilities: a signature does not say when it is served.
    """
    allowed = {one.archive for one in meant}
    known = set(where.names)
    raise_faults(
        (
            *(_unknown(one, known) for one in meant if one.archive not in known),
            *(
                _fault(before, found.date, f"it comes from {found.uri}")
                for before, found in _older(where, old)
                if found.archive not in allowed
            ),
        )
    )


def with_reasons(
    archives: Iterable[LockedArchive], old: Lock | None, meant: Sequence[Older] | None
) -> tuple[LockedArchive, ...]:
    """Record why archives are older than the old lock's; unchanged archives keep their reason.

    Raises for an older archive without a reason; `meant` None: the lock is not written, and no
    reason is required.
    """
    reasons = {one.archive: one.reason for one in meant or ()}
    before = _by_place(old)

    def reason(new: LockedArchive) -> str:
        was = before.get((new.archive, new.suite))
        if was is None or meant is None:
            return ""
        if was.digest == new.digest:
            return was.older_because
        if not _is_older(new.date, was.date):
            return ""
        if new.archive not in reasons:
            raise _fault(was, new.date)
        return reasons[new.archive]

    return tuple(replace(new, older_because=reason(new)) for new in archives)


def _older(where: Archives, old: Lock | None) -> Iterator[tuple[LockedArchive, Dated]]:
    before = _by_place(old)
    for found in where.dates(before.keys()) if before else ():
        was = before[found.archive, found.suite]
        if _is_older(found.date, was.date):
            yield was, found


def _by_place(lock: Lock | None) -> Mapping[tuple[str, str], LockedArchive]:
    return {(one.archive, one.suite): one for one in (lock.archives if lock else ())}


def _snapshot_seconds(snapshot: str) -> float:
    """The time in a snapshot's id; one without is as late as can be."""
    try:
        return datetime.strptime(f"{snapshot}+0000", "%Y%m%dT%H%M%SZ%z").timestamp()
    except ValueError:
        return math.inf


def _is_older(date: str, than: str) -> bool:
    return bool(than) and date_seconds(date, "Date") < date_seconds(than, "Date")


def _fault(was: LockedArchive, date: str, *details: str) -> QlumodError:
    return QlumodError(
        f"archive {was.archive}: the suite {was.suite} is older than what the lock was made from",
        details=(f"it is of {date}, that was of {was.date}", *details),
        remedy=f"use a mirror that is up to date (--archive {was.archive}=URI); if it is meant to"
        f" go back, say why: --older-archive {was.archive}='REASON', which the lock keeps",
    )


def _unknown(one: Older, known: Iterable[str]) -> QlumodError:
    return QlumodError(
        f"--older-archive: there is no archive {one.archive!r}",
        remedy=f"choose from {', '.join(sorted(known))}",
    )
