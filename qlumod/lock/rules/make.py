"""Making a lock from a solution and the archives that it used."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from qlumod.lock.rules.freshness import Older, with_reasons
from qlumod.lock.rules.lock_changes import difference
from qlumod.model.lock import Lock, LockedArchive, LockedPackage, inputs_of
from qlumod.model.names import Digest, ModuleName
from qlumod.model.project import Project
from qlumod.model.stanzas import date_seconds
from qlumod.model.target import Target
from qlumod.packaging.archives import BuildHost

EARLIEST = 315_532_800
"""The epoch if all packages come from directories: 1980, which every format can represent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SolvedFrom:
    """A solution, and the archives that it used."""

    packages: tuple[LockedPackage, ...]
    archives: tuple[LockedArchive, ...]
    """The archives that it used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The previous lock, of which a new one keeps as much as it can."""

    lock: Lock | None
    unread: Sequence[LockedArchive] = ()
    """Its unreadable archives whose packages are in the store."""
    older: Sequence[Older] | None = None
    """Why archives may be older than before; None: no reason is needed, since nothing is kept."""


def make_lock(
    project: Project,
    solved: SolvedFrom,
    target: Target,
    *,
    host: BuildHost,
    before: Before,
    left_out: Mapping[ModuleName, str],
) -> Lock:
    """The new lock; if no package has moved, archives and epoch stay those of the old one.

    A module keeps its own epoch if none of its packages has moved.
    """
    packages, old = _with_inputs(solved.packages), before.lock
    read = with_reasons(solved.archives, old, before.older)
    archives = (*read, *before.unread)
    epoch = max(
        (date_seconds(archive.date, f"archive {archive.archive}") for archive in archives),
        default=EARLIEST,
    )
    if old and not difference(old, packages):
        archives, epoch = old.archives, old.epoch
    revisions = dict(old.revisions) if old else {}
    lock = Lock(
        version=str(project.release.version),
        flavor=target.flavor,
        architecture=target.architecture,
        epoch=epoch,
        specs=tuple(sorted((spec.module, spec.digest) for spec in project.specs)),
        release=project.release.digest,
        accounts=project.accounts.digest,
        archives=archives,
        host=host.release,
        tools=host.tools,
        revisions=tuple(
            (module, revisions.get(module, 1))
            for module in sorted(spec.module for spec in project.specs)
        ),
        packages=packages,
        left_out=tuple(sorted(left_out.items())),
    )
    return replace(lock, epochs=tuple(_epochs(lock, old)))


def _epochs(lock: Lock, old: Lock | None) -> Iterator[tuple[ModuleName, int]]:
    """The epochs of modules that keep their previous one."""
    for module, _ in lock.specs:
        if old and lock.of(module) and _bytes(lock, module) == _bytes(old, module):
            epoch = old.epoch_of(module)
            if epoch != lock.epoch:
                yield module, epoch


def _bytes(lock: Lock, module: ModuleName) -> list[Digest]:
    return [package.sha256 for package in lock.of(module)]


def _with_inputs(packages: Sequence[LockedPackage]) -> tuple[LockedPackage, ...]:
    """Give generated packages the digests of their inputs."""
    return tuple(
        replace(package, sha256=inputs_of(package, packages)) if package.generated else package
        for package in packages
    )
