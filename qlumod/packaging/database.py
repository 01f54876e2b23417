"""The package database of a root."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from qlumod.model.lock import LockedPackage
from qlumod.model.names import PackageName
from qlumod.system.disk.within import Root

FileLists = Mapping[str, Sequence[str]]
"""The paths of each package, from its file list in the root."""


class PackageDatabase(Protocol):
    """The package database of a root. Maintainer scripts may have written into it."""

    def installed(self, root: Root) -> dict[PackageName, str]:
        """The versions of the installed packages; raises `QlumodError`."""

    def file_list(self, root: Root, package: LockedPackage) -> tuple[str, ...]:
        """The paths of a package; none if it is not installed. Raises `QlumodError`."""

    def file_lists(self, root: Root) -> FileLists:
        """The paths of each package; raises `QlumodError`."""

    def own_files(self, root: Root) -> Mapping[str, str]:
        """The files of the database that are shipped by a package, each with that package."""

    def scripts(self, root: Root) -> Iterator[tuple[str, bytes]]:
        """The maintainer scripts, each with its package."""

    def generator_of(self, path: str) -> str | None:
        """The program that generates a path which no package owns, if it is known."""
