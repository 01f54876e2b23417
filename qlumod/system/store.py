"""The package store: .debs by digest, whole or not there, shared by all builds of a site.

A file enters only with the digest and size that it was asked for, and by one rename; several
writers, also on several machines over NFS, do not disturb each other. What lies there is trusted
until it is used: whoever uses a package hashes it again (`Store.check`), so that a damaged disk
shows as an error that names the file, never as a wrong layer.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.model.names import Digest
from qlumod.system import files


@dataclass(frozen=True, slots=True)
class Store:
    """Files by digest below one directory, `packages/` of the cache."""

    root: Path

    def path(self, digest: Digest) -> Path:
        """Where the file of that digest lies, or would."""
        return self.root / digest[:2] / f"{digest}.deb"

    def has(self, digest: Digest) -> bool:
        """Whether a file of that digest was put here."""
        return self.path(digest).exists()

    @property
    def partial(self) -> Path:
        """Where unfinished downloads lie, to be resumed; made when asked for."""
        folder = self.root / "partial"
        files.make_directories(folder)
        return folder

    def add(self, source: Path, *, digest: Digest, size: int) -> Path:
        """Copy a file in, hashed while it is copied; refuses another digest or size."""
        target = self.path(digest)
        if target.exists():
            return target
        beside = self._beside(target)
        try:
            self._insert(beside, files.copy_new(source, beside, mode=0o444), source, digest, size)
        finally:
            beside.unlink(missing_ok=True)
        return target

    def adopt(self, source: Path, *, digest: Digest, size: int) -> Path:
        """Take a file of the same file system in by renaming it; refuses another digest or size."""
        target = self.path(digest)
        files.make_directories(target.parent)
        found = files.file_sum(source)
        with files.told(source):
            source.chmod(0o444)
            with source.open("rb") as reading:
                os.fsync(reading.fileno())
        self._insert(source, found, source, digest, size)
        return target

    def check(self, digest: Digest, size: int) -> Path:
        """Hash a file that is to be used; raises where it is missing or was damaged."""
        path = self.path(digest)
        if not path.exists():
            raise QlumodError(
                f"{path}: the package is not in the store", remedy="run `qlumod fetch`"
            )
        found = files.file_sum(path)
        if found != files.Sum(size=size, sha256=digest):
            raise self.damaged(digest, found)
        return path

    def damaged(self, digest: Digest, found: files.Sum) -> QlumodError:
        """The error for a file whose bytes are not those that were put here."""
        path = self.path(digest)
        return QlumodError(
            f"{path}: the file in the store is damaged",
            details=(f"its bytes have the digest {found.sha256} ({found.size} bytes)",),
            remedy=f"rm {path}, then `qlumod fetch`",
        )

    def _beside(self, target: Path) -> Path:
        files.make_directories(target.parent)
        return target.with_name(f".{target.name}.{os.uname().nodename}.{os.getpid()}.new")

    def _insert(
        self, beside: Path, found: files.Sum, source: Path, digest: Digest, size: int
    ) -> None:
        if found != files.Sum(size=size, sha256=digest):
            raise QlumodError(
                f"{source}: not the package that the lock names",
                details=(
                    f"locked: {size} bytes, SHA-256 {digest}",
                    f"found:  {found.size} bytes, SHA-256 {found.sha256}",
                ),
            )
        target = self.path(digest)
        with files.told(target):
            beside.rename(target)
            files.sync_directory(target.parent)


def free_space(path: Path) -> int:
    """How many bytes still fit on the file system of a directory that exists."""
    return shutil.disk_usage(path).free
