"""The archives of a release in a private root of apt, for locking and fetching."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener
from qlumod.model.lock import LockedArchive, LockedPackage
from qlumod.model.names import Digest
from qlumod.model.release import Release
from qlumod.model.target import Target
from qlumod.packaging.archives import Archives, Dated, Failure, Reach
from qlumod.packaging.debian import apt_indexes
from qlumod.packaging.debian.archives.downloads import download
from qlumod.packaging.debian.archives.root import (
    HELD,
    ArchiveRoot,
    archive_root,
    with_folders,
    with_held,
    with_indexes,
)
from qlumod.packaging.debian.archives.signatures import dates, locked_archives
from qlumod.packaging.debian.solving.apt_solver import absent, package_offers, solve
from qlumod.packaging.solving.problem import Problem
from qlumod.packaging.solving.solution import PackageOffer, Solved
from qlumod.system.disk.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class AptArchives:
    """A private apt root with archives, held for one run."""

    where: ArchiveRoot
    held: Mapping[Digest, LockedPackage]
    """The packages that are taken from the store instead of an archive, by digest."""

    @property
    def names(self) -> frozenset[str]:
        return frozenset(source.archive for source in self.where.root.sources)

    @property
    def missing(self) -> Mapping[str, QlumodError]:
        """The optional archives that cannot be used, and why."""
        return self.where.missing

    @property
    def folders(self) -> Mapping[str, Path]:
        """The archives that are directories of .debs."""
        return self.where.folders

    def read(self, optional: Collection[str], listen: Listener) -> "AptArchives":
        """Read directories and indexes, including those of the `optional` archives in reach."""
        return replace(self, where=with_indexes(with_folders(self.where), optional, listen))

    def dates(self, suites: Collection[tuple[str, str]]) -> Iterator[Dated]:
        """The ages of those of these suites that have their own InRelease."""
        remote = self.where.remote
        return dates(self.where.root, [suite for suite in suites if suite[0] in remote])

    def absent(
        self, packages: Sequence[LockedPackage], listen: Listener
    ) -> tuple[LockedPackage, ...]:
        """The packages whose locked version is in no archive any more."""
        return absent(packages, self.where.root, self.where.shared, listen)

    def offers(self, names: Sequence[str], listen: Listener) -> tuple[PackageOffer, ...]:
        """The versions of these packages in all archives; by package, the newest first."""
        return package_offers(names, self.where.root, self.where.shared, listen)

    def holding(
        self, packages: Sequence[LockedPackage], store: Store, listen: Listener
    ) -> "AptArchives":
        """Add archives of packages that only the store still has, one for each original archive."""
        where = with_held(self.where, packages, store)
        if packages:
            apt_indexes.update(where.root, stall=where.stall, listen=listen)
        return replace(self, where=where, held={package.sha256: package for package in packages})

    def solve(self, problem: Problem, listen: Listener) -> Solved:
        """Let apt solve all modules; packages of the store are shown with their own archives."""
        solved = solve(problem, self.where.root, self.where.shared, listen)
        return replace(
            solved,
            packages=tuple(map(self._placed, solved.packages)),
            indexes=tuple(index for index in solved.indexes if index[0] in self.where.remote),
        )

    def _placed(self, package: LockedPackage) -> LockedPackage:
        if not package.archive.startswith(HELD):
            return package
        own = self.held[package.sha256]
        return replace(package, archive=own.archive, filename=own.filename)

    def signed(self, solved: Solved) -> tuple[LockedArchive, ...]:
        """The InRelease files that were used, each verified again with its keyring."""
        return locked_archives(self.where.root, solved.indexes)

    def download(
        self,
        packages: Sequence[LockedPackage],
        store: Store,
        *,
        advance: Callable[[int], None],
        listen: Listener,
    ) -> list[Failure]:
        """Fetch packages into the store by apt's methods; partial downloads are resumed."""
        return download(packages, self.where, store, advance=advance, listen=listen)


@contextmanager
def apt_archives(
    release: Release,
    target: Target,
    reach: Reach,
    *,
    needed: Collection[str],
    optional: Collection[str] = (),
    listen: Listener,
) -> Iterator[Archives]:
    """Hold a private root with the `needed` archives, and the usable ones of the `optional`.

    Raises all errors of needed archives at once.
    """
    with archive_root(
        release, target, reach, needed=needed, optional=optional, listen=listen
    ) as where:
        yield AptArchives(where=where, held={})
