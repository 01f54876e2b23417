"""What a root itself says of the packages in it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from qlumod.model.lock import LockedPackage
from qlumod.model.names import PackageName
from qlumod.system.disk.within import Root

FileLists = Mapping[str, Sequence[str]]
"""The paths of each package as its list in the root has them."""


class PackageDatabase(Protocol):
    """The database of packages in a root. Scripts of packages may have written into it."""

    def installed(self, root: Root) -> dict[PackageName, str]:
        """The versions of the packages that are installed; raises `QlumodError`."""

    def file_list(self, root: Root, package: LockedPackage) -> tuple[str, ...]:
        """The paths of a package; none where it is not installed. Raises `QlumodError`."""

    def file_lists(self, root: Root) -> FileLists:
        """The paths of each package; raises `QlumodError`."""

    def own_files(self, root: Root) -> Mapping[str, str]:
        """The files of the database itself that came out of a package, each with that package."""

    def scripts(self, root: Root) -> Iterator[tuple[str, bytes]]:
        """The scripts that run when packages are installed, each with its package."""

    def generator_of(self, path: str) -> str | None:
        """The program by which packages make a path that none of them owns, if it is known."""
