"""Fetching locked packages into the store: those that it lacks, checked by their digests."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener, ignore, step
from qlumod.lock.rules.kept import no_longer_there
from qlumod.model.lock import Lock, LockedPackage
from qlumod.packaging.archives import Archives, Failure
from qlumod.system.disk.locking import locked
from qlumod.system.disk.store import LOCK, Store, free_space

WAIT = 3600.0
"""The seconds to wait for another run that fetches into the same store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The result of a fetch."""

    packages: tuple[LockedPackage, ...]
    """The packages that were not in the store."""
    size: int


def missing(packages: Sequence[LockedPackage], store: Store) -> tuple[LockedPackage, ...]:
    """The packages that the store does not have."""
    return tuple(package for package in packages if not store.has(package.sha256))


def packages_of(
    locked: Lock, modules: Sequence[str], *, compiling: bool
) -> tuple[LockedPackage, ...]:
    """The modules' packages that come from archives; with or without those for compiling."""
    return tuple(
        package
        for package in locked.from_archives
        for holders in ({*package.modules, *(package.builds if compiling else ())},)
        if holders and (not modules or holders.intersection(modules))
    )


def to_compile(locked: Lock, modules: Sequence[str], store: Store) -> bool:
    """Whether kernel modules of these modules are still to be compiled."""
    return any(
        package.generated
        and store.generated(package.sha256) is None
        and (not modules or set(modules).intersection(package.modules))
        for package in locked.packages
    )


def fetch_packages(
    packages: Sequence[LockedPackage],
    where: Archives,
    *,
    store: Store,
    renew: str,
    listen: Listener = ignore,
) -> Fetched:
    """Fetch the packages that the store lacks.

    `renew` is the command that renews the lock, for errors. Interrupted downloads are resumed by
    the next run. Raises all failures at once.
    """
    folders = where.folders
    partial = store.partial
    with locked(partial / LOCK, wait=WAIT, listen=listen):
        store.tidy()
        wanted = missing(packages, store)
        size = sum(package.size for package in wanted)
        if not wanted:
            return Fetched(packages=(), size=0)
        _check_space(partial, size)
        with step(listen, "Fetching packages", total=size, unit="bytes") as advance:
            local = [package for package in wanted if package.archive in folders]
            remote = [package for package in wanted if package.archive not in folders]
            faults = [*_copy(local, folders, store, advance, renew)]
            failures = where.download(remote, store, advance=advance, listen=listen)
            raise_faults((*faults, *_faults(failures, renew)))
    return Fetched(packages=wanted, size=size)


def _check_space(folder: Path, size: int) -> None:
    room = free_space(folder)
    if size > room:
        raise QlumodError(
            f"cannot fetch {size} bytes into {folder}: there is room for {room}",
            remedy="make room there, or name another directory with --cache",
        )


def _copy(
    packages: Sequence[LockedPackage],
    folders: Mapping[str, Path],
    store: Store,
    advance: Callable[[int], None],
    renew: str,
) -> Iterator[QlumodError]:
    for package in packages:
        source = folders[package.archive] / package.filename
        try:
            store.add(source, digest=package.sha256, size=package.size)
            advance(package.size)
        except QlumodError as fault:
            yield QlumodError(
                f"cannot take {package.package} {package.version} from the archive"
                f" {package.archive}: {fault.brief}",
                details=fault.details,
                remedy="build it again from the source that was locked,"
                f" or `{renew}` to take it as it is",
            )


def _faults(failures: Sequence[Failure], renew: str) -> Iterator[QlumodError]:
    dropped = sorted((f.package for f in failures if f.dropped), key=lambda p: p.package)
    if dropped:
        yield no_longer_there(dropped, renew)
    for failure in failures:
        if not failure.dropped:
            yield _fault(failure)


def _fault(failure: Failure) -> QlumodError:
    package = failure.package
    lines = [line.strip() for line in failure.reason.splitlines() if line.strip()]
    remedy = "run it again: what has come already is kept"
    if failure.wrong:
        remedy = "the mirror has other bytes than those that were locked: use another mirror"
    if "No space left" in failure.reason:
        remedy = "make room there, or name another directory with --cache"
    return QlumodError(
        f"cannot fetch {package.package} {package.version} from the archive {package.archive}",
        details=(failure.uri, *lines),
        remedy=remedy,
    )
