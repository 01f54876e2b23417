"""The bytes that packages ship: they are public, since anybody can get the packages.

The package database in a root is no proof: a maintainer script may have written it.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from qlumod.model.lock import LockedPackage
from qlumod.packaging.installer import PackedFile, Supply
from qlumod.state.kind import canonical_path
from qlumod.system.disk.side_by_side import side_by_side
from qlumod.system.disk.within import Root


@dataclass(frozen=True, slots=True)
class Shipped:
    """The bytes of a module's packages."""

    files: Mapping[str, Callable[[], Iterable[PackedFile]]]
    """Opens each package."""
    sums: frozenset[bytes]
    """The digests of files and scripts, if the packages have them."""
    algorithm: str
    """The hash function of these, by its name in `hashlib`."""

    @classmethod
    def of(
        cls, packages: Sequence[LockedPackage], supply: Supply, processors: int | None = None
    ) -> "Shipped":
        """Read packages of a supply."""
        files: dict[str, Callable[[], Iterable[PackedFile]]] = {
            package.package: partial(supply.files, package) for package in packages
        }
        sums = side_by_side(supply.sums, packages, processors)
        return cls(files, frozenset().union(*sums), supply.algorithm)

    def has(self, data: bytes) -> bool:
        """Whether these are the bytes of a file of one of the packages."""
        return hashlib.new(self.algorithm, data, usedforsecurity=False).digest() in self.sums

    def has_file(self, tree: Root, path: str) -> bool:
        """Whether a file of a tree has the bytes of a file of one of the packages."""
        return digest_of(tree, path, self.algorithm) in self.sums

    def brings(self, package: str, path: str, data: bytes) -> bool:
        """Whether the package itself has these bytes at that canonical path; slow."""
        return any(
            file.is_file and file.size == len(data) and file.read() == data
            for file in self._at(package, path)
        )

    def names(self, package: str, path: str, target: str) -> bool:
        """Whether the package itself has that canonical path, and its target for a link; slow."""
        return any(
            (file.target if file.is_link else "") == target for file in self._at(package, path)
        )

    def _at(self, package: str, path: str) -> Iterator[PackedFile]:
        """The package's entries at a canonical path; none if it is not one of these packages."""
        if package in self.files:
            for file in self.files[package]():
                if canonical_path(f"/{file.path}") == path:
                    yield file


def digest_of(tree: Root, path: str, algorithm: str) -> bytes:
    """The digest of a file of a tree."""
    with tree.reading(path) as source:
        return hashlib.file_digest(
            source, partial(hashlib.new, algorithm, usedforsecurity=False)
        ).digest()
