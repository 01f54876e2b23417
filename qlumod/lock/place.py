"""The private apt root of a release × flavor × architecture, with all its archives."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from qlumod.events import Listener
from qlumod.lock.sources import addressed, sources_of
from qlumod.model.address import Address
from qlumod.model.lock import LockedPackage
from qlumod.model.names import ArchName, FlavorName
from qlumod.model.release import Archive, Release
from qlumod.system import apt, files
from qlumod.system.apt import AptRoot, Source
from qlumod.system.archive import FrozenArchive, folder_archive, frozen_archive
from qlumod.system.store import Store

HELD = ""
"""The name of the archive of held packages: none of the release's has it."""
WAIT = 3600.0
"""How many seconds to wait for another run that uses the same root."""
UNUSED = 30 * 24 * 3600.0
"""After how many seconds a root that nobody used is removed."""
_LOCK = "lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An apt root and what its sources stand for."""

    root: AptRoot
    folders: Mapping[str, Path]
    """The archives that are directories of .debs."""
    settings: tuple[str, ...]

    @property
    def remote(self) -> frozenset[str]:
        """The archives that have an InRelease file of their own."""
        names = {source.archive for source in self.root.sources}
        return frozenset(names - self.folders.keys() - {HELD})


@contextmanager
def place(
    release: Release,
    flavor: FlavorName,
    architecture: ArchName,
    *,
    beside: Path,
    cache: Path,
    addresses: Sequence[Address] = (),
    host: Path | None,
    listen: Listener,
) -> Iterator[Place]:
    """Hold the root for one run; `beside` is the release file's directory.

    `addresses` say where archives are, in place of the release and this host's apt. `host` is the
    APT_CONFIG of another host than this one (tests).
    """
    path = cache / "apt" / f"{release.digest[:16]}-{flavor}-{architecture}"
    _remove_unused(path.parent)
    files.make_directories(path)
    with files.locked(path / _LOCK, wait=WAIT, listen=listen):
        archives = addressed(release, flavor, addresses)
        settings = apt.host_settings(host)
        known = apt.host_archives(host) if any(map(_of_the_host, archives)) else ()
        sources = sources_of(archives, known, beside=beside)
        folders = {
            archive.name: beside / archive.directory for archive in archives if archive.directory
        }
        yield Place(
            root=apt.make_root(path, architecture=architecture, sources=sources, settings=settings),
            folders=folders,
            settings=settings,
        )


def _remove_unused(roots: Path) -> None:
    """Remove the roots of releases that nobody locks any more; a lock's time is its last use."""
    for lock in sorted(roots.glob(f"*/{_LOCK}")):
        with suppress(FileNotFoundError):
            if time.time() - lock.stat().st_mtime > UNUSED:
                files.remove_tree(lock.parent)


def with_folders(where: Place) -> Place:
    """Read the folders of .debs anew, as archives of the root."""
    root = where.root

    def source(name: str, folder: Path) -> Source:
        directory = root.path / "folders" / name
        return _source(name, folder_archive(folder, directory, architecture=root.architecture))

    return _with(where, [source(*folder) for folder in sorted(where.folders.items())])


def with_held(where: Place, packages: Sequence[LockedPackage], store: Store) -> Place:
    """Add an archive of packages that only the store still has."""
    directory = where.root.path / "held"
    files.remove_tree(directory)
    if not packages:
        return where
    held = frozen_archive(
        packages, store, directory, epoch=0, architecture=where.root.architecture, suite="held"
    )
    return _with(where, [_source(HELD, held)])


def _with(where: Place, sources: Sequence[Source]) -> Place:
    root = apt.make_root(
        where.root.path,
        architecture=where.root.architecture,
        sources=(*where.root.sources, *sources),
        settings=where.settings,
    )
    return replace(where, root=root)


def _source(name: str, archive: FrozenArchive) -> Source:
    return Source(
        archive=name,
        uri=f"{archive.uri}/",
        suites=(archive.suite,),
        components=(archive.component,),
        keyring=archive.keyring,
    )


def _of_the_host(archive: Archive) -> bool:
    return not archive.uri and not archive.directory
