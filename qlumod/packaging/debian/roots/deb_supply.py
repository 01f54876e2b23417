"""Locked packages as a frozen archive of .debs."""

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qlumod.model.lock import LockedPackage
from qlumod.packaging.debian.archive import POOL, FrozenArchive
from qlumod.packaging.debian.deb import Deb
from qlumod.packaging.debian.tar import File

_LINE = re.compile(rb"^([0-9a-f]{32})  ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class DebSupply:
    """The .debs of a frozen archive."""

    archive: FrozenArchive

    @property
    def document(self) -> dict[str, str]:
        """The archive as JSON values."""
        return self.archive.document

    @property
    def algorithm(self) -> str:
        """The algorithm of the md5sums of a .deb (deb-md5sums(5))."""
        return "md5"

    def sums(self, package: LockedPackage) -> frozenset[bytes]:
        """The digests of files and control members, if the .deb has them.

        Most configuration files have none.
        """
        deb = Deb.at(self._path(package))
        members = {file.path: file.read() for file in deb.control_files() if file.is_file}
        told = members.get("md5sums")
        files = (file.digest(self.algorithm) for file in deb.files() if file.is_file)
        return frozenset((*map(_md5, members.values()), *(files if told is None else _told(told))))

    def files(self, package: LockedPackage) -> Iterator[File]:
        """All files that dpkg unpacks of a package, in its .deb's order; raises `QlumodError`."""
        return Deb.at(self._path(package)).files()

    def licence(self, package: LockedPackage) -> str:
        """The path of the copyright file by Policy; its directory may be a link to another one."""
        return f"/usr/share/doc/{package.package}/copyright"

    def _path(self, package: LockedPackage) -> Path:
        return self.archive.directory / POOL / package.file_name


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def _told(text: bytes) -> Iterator[bytes]:
    return (bytes.fromhex(os.fsdecode(digits)) for digits in _LINE.findall(text))
