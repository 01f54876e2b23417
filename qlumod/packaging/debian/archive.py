"""Small signed archives made by qlumod: frozen ones for builds, and folders of .debs.

A frozen archive contains exactly the locked packages, so that apt inside a build cannot choose any
others. It is signed by a temporary key: apt checks it like any other archive.
"""

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import formatdate
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener, ignore, step
from qlumod.model.digests import digest_bytes
from qlumod.model.lock import LockedPackage
from qlumod.model.names import Digest
from qlumod.model.stanzas import ControlStanza, normalised, stanza_text
from qlumod.packaging.debian.control_file import checked_control
from qlumod.packaging.debian.deb import Deb
from qlumod.system.disk.directories import make_directories, require_plain
from qlumod.system.disk.documents import debs_in
from qlumod.system.disk.refusals import told
from qlumod.system.disk.regular_files import Sum, file_sum
from qlumod.system.disk.removal import remove_tree
from qlumod.system.disk.side_by_side import side_by_side
from qlumod.system.disk.store import Store
from qlumod.system.keys import gpg

COMPONENT = "main"
KEYRING = "keyring.gpg"
POOL = "pool"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenArchive:
    """An archive directory that apt reads without a network."""

    directory: Path
    suite: str
    keyring: Path

    @classmethod
    def from_document(cls, document: Mapping[str, str]) -> "FrozenArchive":
        """Read the result of `document`."""
        return cls(
            directory=Path(document["directory"]),
            suite=document["suite"],
            keyring=Path(document["keyring"]),
        )

    @property
    def document(self) -> dict[str, str]:
        """The archive as JSON values."""
        return {
            "directory": str(self.directory),
            "suite": self.suite,
            "keyring": str(self.keyring),
        }

    @property
    def uri(self) -> str:
        """The address for an apt that sees the directory at the same path."""
        return f"copy:{self.directory}"

    @property
    def component(self) -> str:
        return COMPONENT

    @property
    def source_line(self) -> str:
        """The line for sources.list(5)."""
        return f"deb [signed-by={self.keyring}] {self.uri} {self.suite} {COMPONENT}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed:
    """A .deb as an entry of an index: its path, its name in the archive, and its control fields."""

    path: Path
    filename: str
    sha256: Digest
    size: int
    control: ControlStanza

    @property
    def stanza(self) -> str:
        """Its stanza of a Packages file."""
        own = {"Filename": self.filename, "Size": str(self.size), "SHA256": self.sha256}
        return stanza_text({**self.control.fields, **own})


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """The fields of an archive's Release file."""

    epoch: int
    architecture: str
    suite: str


def frozen_archive(
    packages: Sequence[LockedPackage],
    store: Store,
    directory: Path,
    heading: Heading,
    *,
    processors: int | None = None,
    listen: Listener = ignore,
) -> FrozenArchive:
    """Make an archive of exactly these packages from the store, in a new directory.

    Each package is hashed again while it is placed: a damaged store is an error. The same packages
    and heading result in the same bytes, except for the signature.
    """
    packages = [_as_stored(package, store) for package in packages]
    total = sum(package.size for package in packages)

    with step(listen, "freezing the packages", total=total, unit="bytes") as advance:

        def take(package: LockedPackage) -> Indexed:
            filename = f"{POOL}/{package.file_name}"
            _place(store, package, directory / filename)
            advance(package.size)
            return Indexed(
                path=directory / filename,
                filename=filename,
                sha256=package.sha256,
                size=package.size,
                control=_control(directory / filename),
            )

        make_directories(directory / POOL)
        debs = side_by_side(take, packages, processors)
        return write_archive(directory, debs, heading)


def folder_archive(folder: Path, directory: Path, *, architecture: str) -> FrozenArchive:
    """Make an archive of the .debs in a folder and its subfolders that fit an architecture.

    The file names in the archive are the paths below the folder.
    """
    if not folder.is_dir():
        raise QlumodError(
            f"there is no directory {folder}, which is named as an archive",
            remedy="build the packages that belong there, or take the archive out",
        )

    def read(path: Path) -> Indexed:
        found = file_sum(path)
        return Indexed(
            path=path,
            filename=str(path.relative_to(folder)),
            sha256=found.sha256,
            size=found.size,
            control=_control(path),
        )

    found = side_by_side(read, [folder / name for name in debs_in(folder)])
    debs = [deb for deb in found if deb.control.need("Architecture") in (architecture, "all")]
    _check_names(debs, folder)
    remove_tree(directory)
    for deb in debs:
        target = directory / deb.filename
        make_directories(target.parent)
        target.symlink_to(deb.path.absolute())
    heading = Heading(epoch=0, architecture=architecture, suite="folder")
    return write_archive(directory, debs, heading)


def write_archive(directory: Path, debs: Iterable[Indexed], heading: Heading) -> FrozenArchive:
    """Write the signed indexes of .debs that are in the directory already."""
    suite, architecture = heading.suite, heading.architecture
    require_plain(directory.absolute())
    ordered = sorted(debs, key=lambda deb: (deb.control.need("Package"), deb.filename))
    packages = "\n".join(deb.stanza for deb in ordered).encode()
    index = f"{COMPONENT}/binary-{architecture}/Packages"
    release = (
        f"Origin: qlumod\nLabel: qlumod\nSuite: {suite}\nCodename: {suite}\n"
        f"Date: {formatdate(heading.epoch, usegmt=True)}\n"
        f"Architectures: {architecture}\nComponents: {COMPONENT}\n"
        f"SHA256:\n {digest_bytes(packages)} {len(packages)} {index}\n"
    ).encode()
    distribution = directory / "dists" / suite
    _write(distribution / index, packages)
    _write(distribution / "Release", release)
    with gpg.throw_away_key() as key:
        _write(distribution / "InRelease", gpg.clearsign(key, release))
        _write(directory / KEYRING, gpg.export_key(key))
    return FrozenArchive(
        directory=directory.absolute(), suite=suite, keyring=(directory / KEYRING).absolute()
    )


def _as_stored(package: LockedPackage, store: Store) -> LockedPackage:
    """A generated package with the digest of its file instead of the digest of its inputs."""
    if not package.generated:
        return package
    made = store.generated(package.sha256)
    if made is None:
        raise QlumodError(
            f"{package.package} {package.version} is not in the store: it is compiled by a build",
            remedy=f"run `qlumod build {package.modules[0]}`",
        )
    return replace(package, sha256=made.sha256, size=made.size)


def _place(store: Store, package: LockedPackage, target: Path) -> None:
    """Link a package of the store into the archive, and hash its bytes."""
    source = store.path(package.sha256)
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise QlumodError(
            f"{package.package} {package.version}: the package is not in the store ({source})",
            remedy="run `qlumod fetch`",
        ) from None
    except OSError:
        # Another file system, or a store that belongs to another user.
        with told(target):
            shutil.copyfile(source, target)
    found = file_sum(target)
    if found != Sum(size=package.size, sha256=package.sha256):
        raise store.damaged(package.sha256, found)


def _check_names(debs: Sequence[Indexed], folder: Path) -> None:
    first: dict[tuple[str, ...], Indexed] = {}
    for deb in debs:
        key = tuple(deb.control.need(name) for name in ("Package", "Version", "Architecture"))
        other = first.setdefault(key, deb)
        if other.sha256 != deb.sha256:
            raise QlumodError(
                f"{folder}: {other.filename} and {deb.filename} are both {' '.join(key)}",
                remedy="remove one of them",
            )


def _control(path: Path) -> ControlStanza:
    return normalised(checked_control(Deb.at(path)))


def _write(path: Path, data: bytes) -> None:
    with told(path):
        make_directories(path.parent)
        path.write_bytes(data)
        path.chmod(0o644)
