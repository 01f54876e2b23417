"""The private apt root of a release × flavor × architecture, with all its archives."""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener
from qlumod.model.lock import LockedPackage
from qlumod.model.release import Release
from qlumod.model.release_archives import Archive, require_own_directory
from qlumod.model.target import Target
from qlumod.packaging.addressing import addressed
from qlumod.packaging.archives import Reach
from qlumod.packaging.debian import apt, apt_indexes, host_apt
from qlumod.packaging.debian.apt import AptRoot, AptSource
from qlumod.packaging.debian.archive import FrozenArchive, Heading, folder_archive, frozen_archive
from qlumod.packaging.debian.archives.archive_sources import (
    is_named_by_fingerprint,
    require_debs,
    sources_of,
)
from qlumod.system.disk.directories import make_private
from qlumod.system.disk.documents import place_of
from qlumod.system.disk.locking import locked
from qlumod.system.disk.removal import remove_tree
from qlumod.system.disk.store import Store
from qlumod.system.processes.stalling import Stalled

HELD = "held:"
"""The prefix of the names of archives of held packages; the original archive's name follows."""
HELD_SUITE = "held"
"""The suite of such archives."""
WAIT = 3600.0
"""The seconds to wait for another run that uses the same root."""
UNUSED = 30 * 24 * 3600.0
"""The seconds after which an unused root is removed."""
_LOCK = "lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveRoot:
    """An apt root and the archives behind its sources."""

    root: AptRoot
    folders: Mapping[str, Path]
    """The archives that are directories of .debs."""
    settings: tuple[str, ...]
    stall: float
    """The seconds after which a stalled archive fails."""
    shared: frozenset[str]
    """The archives from which all modules take packages."""
    missing: Mapping[str, QlumodError]
    """Archives on request that cannot be used, and why."""

    @property
    def remote(self) -> frozenset[str]:
        """The archives that have an InRelease file of their own."""
        names = {source.archive for source in self.root.sources}
        return frozenset(
            name for name in names if name not in self.folders and not name.startswith(HELD)
        )


@contextmanager
def archive_root(
    release: Release,
    target: Target,
    reach: Reach,
    *,
    needed: Collection[str],
    optional: Collection[str] = (),
    listen: Listener,
) -> Iterator[ArchiveRoot]:
    """Hold the root for one run.

    It has the `needed` archives, and those of the `optional` ones that can be used.
    """
    flavor, architecture, host = target.flavor, target.architecture, reach.host
    path = reach.cache / "apt" / f"{release.digest[:16]}-{flavor}-{architecture}"
    _remove_unused(path.parent)
    make_private(path)
    with locked(path / _LOCK, wait=WAIT, listen=listen):
        archives = addressed(
            release, flavor, {*needed, *optional}, reach.addresses, check=require_debs
        )
        settings = host_apt.host_settings(host)
        known = host_apt.host_archives(host) if any(map(_of_the_host, archives)) else ()
        keyrings = (
            host_apt.host_keyrings(host) if any(map(is_named_by_fingerprint, archives)) else ()
        )
        sources, missing = sources_of(archives, known, keyrings=keyrings, optional=optional)
        folders = {
            archive.name: _folder(archive, reach.beside)
            for archive in archives
            if archive.directory
        }
        for name in set(folders) & set(optional):
            if not folders[name].is_dir():
                missing[name] = QlumodError(
                    f"archive {name}: its directory does not exist",
                    details=(f"it is {folders.pop(name)}",),
                )
        yield ArchiveRoot(
            root=apt.make_root(path, architecture=architecture, sources=sources, settings=settings),
            folders=folders,
            settings=settings,
            stall=reach.stall,
            shared=frozenset(archive.name for archive in archives if not archive.on_request),
            missing=missing,
        )


def _remove_unused(roots: Path) -> None:
    """Remove the roots of unused releases; the mtime of a lock file is the last use."""
    for lock in sorted(roots.glob(f"*/{_LOCK}")):
        with suppress(FileNotFoundError):
            if time.time() - lock.stat().st_mtime > UNUSED:
                remove_tree(lock.parent)


def with_folders(where: ArchiveRoot) -> ArchiveRoot:
    """Read the folders of .debs again, as archives of the root."""
    root = where.root

    def source(name: str, folder: Path) -> AptSource:
        directory = root.path / "folders" / name
        return _source(name, folder_archive(folder, directory, architecture=root.architecture))

    return _with(where, [source(*folder) for folder in sorted(where.folders.items())])


def with_indexes(where: ArchiveRoot, optional: Collection[str], listen: Listener) -> ArchiveRoot:
    """Read the archives' indexes, including those of the `optional` archives in reach."""
    try:
        apt_indexes.update(where.root, stall=where.stall, listen=listen)
        return where
    except (apt_indexes.AptFailed, Stalled) as failure:
        asked = [source for source in where.root.sources if source.archive in optional]
        missing = dict(_unreachable(where, asked, listen))
        if not missing:
            raise failure
    left = [source for source in where.root.sources if source.archive not in missing]
    reduced = replace(where.root, sources=tuple(left))
    where = _with(replace(where, root=reduced, missing={**where.missing, **missing}), [])
    apt_indexes.update(where.root, stall=where.stall, listen=listen)
    return where


def _unreachable(
    where: ArchiveRoot, sources: Sequence[AptSource], listen: Listener
) -> Iterator[tuple[str, QlumodError]]:
    for source in sources:
        try:
            apt_indexes.update(where.root, only=source, stall=where.stall, listen=listen)
        except (apt_indexes.AptFailed, Stalled) as failure:
            reasons = getattr(failure, "reasons", (failure.brief,))
            yield (
                source.archive,
                QlumodError(
                    f"archive {source.archive}: it cannot be read",
                    details=(f"it is {source.uri}", *reasons),
                    remedy=failure.remedy,
                ),
            )


def with_held(where: ArchiveRoot, packages: Sequence[LockedPackage], store: Store) -> ArchiveRoot:
    """Add archives of packages that only the store still has, one for each original archive."""
    directory = where.root.path / "held"
    remove_tree(directory)

    def source(archive: str) -> AptSource:
        held = frozen_archive(
            [package for package in packages if package.archive == archive],
            store,
            directory / archive,
            Heading(epoch=0, architecture=where.root.architecture, suite=HELD_SUITE),
        )
        return _source(f"{HELD}{archive}", held)

    archives = sorted({package.archive for package in packages})
    return _with(where, [source(archive) for archive in archives]) if archives else where


def _with(where: ArchiveRoot, sources: Sequence[AptSource]) -> ArchiveRoot:
    root = apt.make_root(
        where.root.path,
        architecture=where.root.architecture,
        sources=(*where.root.sources, *sources),
        settings=where.settings,
    )
    return replace(where, root=root)


def _source(name: str, archive: FrozenArchive) -> AptSource:
    return AptSource(
        archive=name,
        uri=f"{archive.uri}/",
        suites=(archive.suite,),
        components=(archive.component,),
        keyring=archive.keyring,
    )


def _folder(archive: Archive, beside: Path) -> Path:
    """The directory of .debs of an archive of the release, which stands in `beside`."""
    what = f"archive {archive.name}: Directory"
    place = place_of(archive.directory, beside, what)
    try:
        require_own_directory(str(place.resolve()))
    except QlumodError as fault:
        raise QlumodError(f"{what}: {fault.brief}") from fault
    return place


def _of_the_host(archive: Archive) -> bool:
    return not archive.uri and not archive.directory
