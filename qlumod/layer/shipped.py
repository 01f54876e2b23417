"""The bytes that packages were shipped with: whoever has the .deb knows them, so they are public.

What dpkg's own database in a root says is no proof: a maintainer script may have written it.
"""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from qlumod.layer.job import Job
from qlumod.packaging.debian.archive import side_by_side
from qlumod.packaging.debian.deb import Deb
from qlumod.packaging.debian.tar import File
from qlumod.state.kind import canonical_path
from qlumod.system.disk.within import Root

Md5 = bytes
"""An MD5 digest, as the md5sums of a .deb has it (deb-md5sums(5))."""

_LINE = re.compile(rb"^([0-9a-f]{32})  ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Shipped:
    """What the .debs of a module hold."""

    debs: Mapping[str, Path]
    """The .deb of each package."""
    sums: frozenset[Md5]
    """The digests of files and control members, as far as the .debs tell them: configuration
    files are mostly not among them."""

    @classmethod
    def of(cls, job: Job, directory: Path, processors: int | None = None) -> "Shipped":
        """Read the .debs of all that a job installs and restores; they lie in the directory."""
        packages = (*job.packages, *job.restoring)
        debs: dict[str, Path] = {
            package.package: directory / package.file_name for package in packages
        }
        sums = side_by_side(_sums, list(debs.values()), processors)
        return cls(debs, frozenset().union(*sums))

    def has(self, data: bytes) -> bool:
        """Whether these are the bytes of a file of one of the packages."""
        return md5(data) in self.sums

    def brings(self, package: str, path: str, data: bytes) -> bool:
        """Whether the package's own .deb has these bytes at that canonical path; takes long."""
        if package not in self.debs:
            return False
        return any(
            file.is_file and file.size == len(data) and file.read() == data
            for file in self._at(package, path)
        )

    def names(self, package: str, path: str, target: str) -> bool:
        """Whether the package's own .deb has that canonical path, a link to the target if there
        is any; takes long.
        """
        if package not in self.debs:
            return False
        return any(
            (file.target if file.is_link else "") == target for file in self._at(package, path)
        )

    def _at(self, package: str, path: str) -> Iterator[File]:
        """What the package has at a canonical path."""
        for file in Deb.at(self.debs[package]).files():
            if canonical_path(f"/{file.path}") == path:
                yield file


def md5(data: bytes) -> Md5:
    """The digest of some bytes."""
    return hashlib.md5(data, usedforsecurity=False).digest()


def md5_of(tree: Root, path: str) -> Md5:
    """The digest of a file of a tree."""
    with tree.reading(path) as source:
        return hashlib.file_digest(source, partial(hashlib.md5, usedforsecurity=False)).digest()


def _sums(path: Path) -> frozenset[Md5]:
    deb = Deb.at(path)
    members = {file.path: file.read() for file in deb.control_files() if file.is_file}
    told = members.get("md5sums")
    files = (file.digest("md5") for file in deb.files() if file.is_file)
    return frozenset((*map(md5, members.values()), *(files if told is None else _told(told))))


def _told(text: bytes) -> Iterator[Md5]:
    return (bytes.fromhex(os.fsdecode(digits)) for digits in _LINE.findall(text))
