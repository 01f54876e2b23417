"""Locked packages into the store: apt fetches what is missing, checked by the lock's digests."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener, ignore, step
from qlumod.lock.archives.root import ArchiveRoot
from qlumod.lock.rules.kept import no_longer_there
from qlumod.model.lock import Lock, LockedPackage
from qlumod.packaging.debian.apt import AptRoot
from qlumod.packaging.debian.python_apt import python_apt_needed, python_module
from qlumod.system.disk.locking import locked
from qlumod.system.disk.regular_files import file_sum
from qlumod.system.disk.store import LOCK, Store, free_space
from qlumod.system.processes.stalling import run_unless_stalled

STREAMS = 4
"""How many downloads run at once."""
WAIT = 3600.0
"""How many seconds to wait for another run that fetches into the same store."""
_SAFE = "/+~:=@,!$&'()*;"
"""What an address may hold besides letters, digits, ``_.-`` as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a fetch did."""

    packages: tuple[LockedPackage, ...]
    """Those that were not in the store."""
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A package that did not come, and what apt said."""

    package: LockedPackage
    reason: str
    wrong: bool = False
    """Whether other bytes came than those that were locked."""

    @property
    def dropped(self) -> bool:
        """Whether the archive no longer has it."""
        return bool(re.search(r"404 +Not Found|No such file or directory", self.reason))


def missing(packages: Sequence[LockedPackage], store: Store) -> tuple[LockedPackage, ...]:
    """The packages that the store does not have."""
    return tuple(package for package in packages if not store.has(package.sha256))


def packages_of(
    locked: Lock, modules: Sequence[str], *, compiling: bool
) -> tuple[LockedPackage, ...]:
    """What archives have of the modules' packages; with what they are compiled with, or without."""
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
    where: ArchiveRoot,
    *,
    store: Store,
    renew: str,
    listen: Listener = ignore,
) -> Fetched:
    """Fetch the packages that the store lacks.

    `renew` is the command that renews the lock, for errors. Interrupted downloads are resumed by
    the next run. Raises all failures at once.
    """
    root, folders = where.root, where.folders
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
            failures = _download(remote, root, store, advance, stall=where.stall, listen=listen)
            raise_faults((*faults, *_faults(failures, root, renew)))
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


def _download(
    packages: Sequence[LockedPackage],
    root: AptRoot,
    store: Store,
    advance: Callable[[int], None],
    *,
    stall: float,
    listen: Listener,
) -> list[Failure]:
    by_path = {str(store.partial / package.sha256): package for package in packages}
    failures: list[Failure] = []
    came = 0

    def take(line: str) -> None:
        nonlocal came
        word, _, text = line.partition(" ")
        value = json.loads(text)
        match word:
            case "bytes":
                came += value
                advance(value)
            case "done":
                _keep(by_path[value], Path(value), store)
            case "failed":
                failures.append(_failure(by_path[value[0]], Path(value[0]), value[1]))

    if packages:
        parts = [
            [_order(package, path, root) for path, package in part]
            for part in _parts(sorted(by_path.items(), key=lambda item: -item[1].size))
        ]
        call = python_module("qlumod.lock.fetching.download", parts, environment=root.environment)
        with python_apt_needed():
            run_unless_stalled(
                call, lambda: came, what="the packages", stall=stall, listen=listen, on_line=take
            )
    return failures


def _keep(package: LockedPackage, came: Path, store: Store) -> None:
    """Take a file into the store; a list of mirrors may name the file of a local one instead."""
    if came.is_symlink():
        store.add(came.resolve(), digest=package.sha256, size=package.size)
        came.unlink()
    else:
        store.adopt(came, digest=package.sha256, size=package.size)


def _parts(
    items: Sequence[tuple[str, LockedPackage]],
) -> Iterator[Sequence[tuple[str, LockedPackage]]]:
    """Deal the packages out to the streams, each about the same number of bytes."""
    for start in range(min(STREAMS, len(items))):
        yield items[start::STREAMS]


def _order(package: LockedPackage, path: str, root: AptRoot) -> Mapping[str, str | int]:
    return {
        "uri": _uri(package, root),
        "sha256": package.sha256,
        "size": package.size,
        "name": package.package,
        "path": path,
    }


def _uri(package: LockedPackage, root: AptRoot) -> str:
    for source in root.sources:
        if source.archive == package.archive:
            # file: would name the mirror's own file, which is not ours to keep.
            base = re.sub(r"^file:", "copy:", source.uri)
            return f"{base}{quote(package.filename, safe=_SAFE)}"
    raise QlumodError(
        f"{package.package} {package.version} comes from the archive {package.archive},"
        " which the release file does not name",
        remedy="qlumod lock",
    )


def _failure(package: LockedPackage, path: Path, reason: str) -> Failure:
    """Tell what was wrong; bytes that are not the locked ones must not be resumed."""
    wrong = "unexpected size" in reason
    for came in (path.with_name(f"{path.name}.FAILED"), path):
        if came.exists() and (came != path or came.stat().st_size >= package.size):
            found = file_sum(came)
            came.unlink()
            if found.sha256 != package.sha256 and not wrong:
                wrong = True
                reason = (
                    f"locked: {package.size} bytes, SHA-256 {package.sha256}\n"
                    f"came:   {found.size} bytes, SHA-256 {found.sha256}"
                )
    return Failure(package=package, reason=reason, wrong=wrong)


def _faults(failures: Sequence[Failure], root: AptRoot, renew: str) -> Iterator[QlumodError]:
    dropped = sorted((f.package for f in failures if f.dropped), key=lambda p: p.package)
    if dropped:
        yield no_longer_there(dropped, renew)
    for failure in failures:
        if not failure.dropped:
            yield _fault(failure, root)


def _fault(failure: Failure, root: AptRoot) -> QlumodError:
    package = failure.package
    lines = [line.strip() for line in failure.reason.splitlines() if line.strip()]
    remedy = "run it again: what has come already is kept"
    if failure.wrong:
        remedy = "the mirror has other bytes than those that were locked: use another mirror"
    if "No space left" in failure.reason:
        remedy = "make room there, or name another directory with --cache"
    return QlumodError(
        f"cannot fetch {package.package} {package.version} from the archive {package.archive}",
        details=(_uri(package, root), *lines),
        remedy=remedy,
    )
