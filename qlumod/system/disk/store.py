"""The package store: .debs by digest, complete or absent, shared by all builds of a site.

A file is added only with the expected digest and size, and by one rename; several writers do not
disturb each other. Whoever uses a package hashes it again (`Store.check`), so that a damaged disk
causes an error that names the file, never a wrong layer.
"""

import shutil
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.model.digests import digest_bytes
from qlumod.model.names import Digest
from qlumod.model.numbers import number
from qlumod.system.disk import files
from qlumod.system.disk.directories import make_directories
from qlumod.system.disk.documents import read_document
from qlumod.system.disk.process_stamp import abandoned, maker
from qlumod.system.disk.refusals import told
from qlumod.system.disk.regular_files import Sum, file_sum, read_bytes

LOCK = "lock"
"""The name of the lock in `Store.partial`, which a process that fetches holds."""
GENERATED = "generated"
"""The directory that records which .deb was generated from which inputs."""
_OWN = "copy-"
_MOST_DOCUMENT = 1 << 29
"""The most bytes of a document: the packages and the contents of a module, not compressed."""
_RESUMABLE = 7 * 24 * 3600.0
"""How many seconds an unfinished download is kept to be resumed."""


@dataclass(frozen=True, slots=True)
class Store:
    """Files by digest below one directory, `packages/` of the cache."""

    root: Path
    brought: Mapping[Digest, Path] = field(default_factory=dict)
    """Files in other directories: a source package may have its own."""

    def path(self, digest: Digest) -> Path:
        """The path of the file of that digest, whether it exists or not."""
        return self.brought.get(digest) or self.root / digest[:2] / f"{digest}.deb"

    def has(self, digest: Digest) -> bool:
        """Whether the store has a file of that digest."""
        return self.path(digest).exists()

    @property
    def partial(self) -> Path:
        """The directory of unfinished downloads, to be resumed; made on first use."""
        folder = self.root / "partial"
        make_directories(folder)
        return folder

    def add(self, source: Path, *, digest: Digest, size: int) -> Path:
        """Add a copy of a file, hashed while it is copied; refuses another digest or size."""
        target = self.path(digest)
        if target.exists():
            return target
        beside = self.partial / _own_name()
        try:
            self._insert(beside, files.copy_new(source, beside, mode=0o444), source, digest, size)
        finally:
            beside.unlink(missing_ok=True)
        return target

    def generated(self, inputs: Digest) -> Sum | None:
        """What was generated from those inputs: digest and size of a file that is here."""
        note = self._note(inputs)
        if not note.exists():
            return None
        sha256, _, size = read_document(note).partition(" ")
        found = Sum(sha256=Digest(sha256), size=number(size))
        return found if self.has(found.sha256) else None

    def add_generated(self, source: Path, inputs: Digest) -> Path:
        """Copy in what was generated from those inputs."""
        found = file_sum(source)
        target = self.add(source, digest=found.sha256, size=found.size)
        note = self._note(inputs)
        make_directories(note.parent)
        files.write_whole(note, f"{found.sha256} {found.size}".encode())
        return target

    def forget_generated(self, inputs: Digest) -> None:
        """Forget the file of those inputs, so that it is generated again the next time."""
        self._note(inputs).unlink(missing_ok=True)

    def _note(self, inputs: Digest) -> Path:
        return self.root / GENERATED / inputs

    def adopt(self, source: Path, *, digest: Digest, size: int) -> Path:
        """Take a file of the same file system in by renaming it; refuses another digest or size."""
        found = file_sum(source)
        with told(source):
            source.chmod(0o444)
            files.sync(source)
        self._insert(source, found, source, digest, size)
        return self.path(digest)

    def check(self, digest: Digest, size: int) -> Path:
        """Hash a file before its use; raises if it is missing or damaged."""
        path = self.path(digest)
        if not path.exists():
            raise QlumodError(
                f"{path}: the package is not in the store", remedy="run `qlumod fetch`"
            )
        found = file_sum(path)
        if found != Sum(size=size, sha256=digest):
            raise self.damaged(digest, found)
        return path

    def damaged(self, digest: Digest, found: Sum) -> QlumodError:
        """The error for a file whose bytes are not those that were put here."""
        path = self.path(digest)
        return QlumodError(
            f"{path}: the package is damaged",
            details=(f"its bytes have the digest {found.sha256} ({found.size} bytes)",),
            remedy="unpack the source package again"
            if digest in self.brought
            else f"rm {path}, then `qlumod fetch`",
        )

    def keep(self, document: bytes) -> Digest:
        """Add a small document; returns the digest by which it is found."""
        digest = digest_bytes(document)
        target = self._document(digest)
        if not target.exists():
            beside = self.partial / _own_name()
            files.write_new(beside, document, mode=0o444)
            self._place(beside, target)
        return digest

    def document(self, digest: Digest) -> bytes | None:
        """The document of that digest, or None; raises if it is damaged."""
        path = self._document(digest)
        if not path.exists():
            return None
        data = read_bytes(path, most=_MOST_DOCUMENT)
        if digest_bytes(data) != digest:
            raise QlumodError(
                f"{path}: the document in the store is damaged", remedy=f"rm {path}, and try again"
            )
        return data

    def _document(self, digest: Digest) -> Path:
        return self.root / digest[:2] / f"{digest}.tar"

    def tidy(self) -> None:
        """Remove files of killed runs on this machine, and downloads that nobody has resumed."""
        for path in sorted(self.partial.iterdir()):
            with suppress(FileNotFoundError):
                if _abandoned(path):
                    path.unlink()

    def _insert(self, beside: Path, found: Sum, source: Path, digest: Digest, size: int) -> None:
        if found != Sum(size=size, sha256=digest):
            raise QlumodError(
                f"{source}: not the package that the lock names",
                details=(
                    f"locked: {size} bytes, SHA-256 {digest}",
                    f"found:  {found.size} bytes, SHA-256 {found.sha256}",
                ),
            )
        self._place(beside, self.path(digest))

    def _place(self, beside: Path, target: Path) -> None:
        make_directories(target.parent)
        with told(target):
            beside.rename(target)
            files.sync(target.parent)


def store_in(cache: Path, store: Path | None = None) -> Store:
    """The store in a cache, or the one that was chosen."""
    return Store(store or cache / "packages")


def _own_name() -> str:
    """A name that no other thread, process or machine uses."""
    return f"{_OWN}{maker()}@{threading.get_ident()}"


def _abandoned(path: Path) -> bool:
    if path.name == LOCK:
        return False
    if path.name.startswith(_OWN):
        return abandoned(path, path.name.removeprefix(_OWN).rpartition("@")[0])
    return time.time() - path.stat().st_mtime > _RESUMABLE


def free_space(path: Path) -> int:
    """The free bytes on the file system of an existing directory."""
    return shutil.disk_usage(path).free
