"""Toy packages in roots: tar archives that tarfile unpacks, and one text that says what is there.

A package is a file ``NAME_VERSION.toy``, an uncompressed tar archive: its member ``control`` has
fields (Package, Version, Depends), and the others are what it brings.
"""

import hashlib
import shutil
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.events import Listener
from qlumod.model.lock import LockedPackage
from qlumod.model.names import PackageName
from qlumod.packaging.database import FileLists
from qlumod.packaging.installer import Order, Supply
from qlumod.state.fragment import keyed, stanza
from qlumod.system.disk.within import Root
from qlumod.system.disk.workshop import Workshop

DATABASE = "/var/lib/toys"
"""A stanza for each package: Package, Version, Paths."""
ANSWERS = "/etc/toy-answers"
BASE = {
    "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "/etc/group": "root:x:0:\nshadow:x:42:\n",
    "/etc/shadow": "root:*:19000:0:99999:7:::\n",
    "/etc/gshadow": "root:*::\nshadow:*::\n",
    "/etc/subuid": "",
    "/etc/subgid": "",
}
"""The accounts of every root."""


@dataclass(frozen=True)
class ToyFile:
    """A member of the archive (`PackedFile`)."""

    member: tarfile.TarInfo
    data: bytes

    path = property(lambda self: self.member.name.removeprefix("./"))
    is_file = property(lambda self: self.member.isreg())
    is_directory = property(lambda self: self.member.isdir())
    is_link = property(lambda self: self.member.issym())
    is_hard_link = property(lambda self: self.member.islnk())
    is_whiteout = property(lambda self: False)
    target = property(lambda self: self.member.linkname)
    linked = property(lambda self: self.member.linkname.removeprefix("./"))
    size = property(lambda self: len(self.data))
    mode = property(lambda self: self.member.mode)
    owner = property(lambda self: (self.member.uid, self.member.gid))
    owner_names = property(lambda self: (self.member.uname, self.member.gname))
    mtime = property(lambda self: int(self.member.mtime))

    def blocks(self) -> Iterator[bytes]:
        yield self.data

    def read(self) -> bytes:
        return self.data


@dataclass(frozen=True)
class ToySupply:
    """A directory of packages (`Supply`)."""

    directory: Path
    algorithm: str = "sha256"

    @property
    def document(self) -> dict[str, str]:
        return {"directory": str(self.directory)}

    def sums(self, package: LockedPackage) -> frozenset[bytes]:
        return frozenset(hashlib.sha256(file.data).digest() for file in self.files(package))

    def files(self, package: LockedPackage) -> Iterator[ToyFile]:
        with tarfile.open(self.directory / file_name(package), "r:") as archive:
            for member in archive:
                if member.name != "control":
                    source = archive.extractfile(member) if member.isreg() else None
                    yield ToyFile(member, source.read() if source else b"")

    def licence(self, package: LockedPackage) -> str:
        return f"/usr/share/licences/{package.package}"


@dataclass(frozen=True)
class ToyInstaller:
    """Unpacks packages and writes down their paths (`Installer`); no program runs."""

    programs: Sequence[str] = ()

    @property
    def environment(self) -> dict[str, str]:
        return {}

    def freeze(
        self, order: Order, directory: Path, *, workshop: Workshop, listen: Listener
    ) -> ToySupply:
        directory.mkdir()
        for package in order.packages:
            stored = workshop.store.check(package.sha256, package.size)
            shutil.copyfile(stored, directory / file_name(package))
        return ToySupply(directory)

    def supply_from(self, document: Mapping[str, str]) -> ToySupply:
        return ToySupply(Path(document["directory"]))

    def bootstrap(self, place: Path, order: Order, supply: Supply, *, listen: Listener) -> Root:
        place.mkdir()
        root = Root(place)
        for path, text in {**BASE, DATABASE: ""}.items():
            secret = "shadow" in path
            root.write(path, text.encode(), mode=0o640 if secret else 0o644, gid=42 * secret)
        return root

    def install(self, root: Root, order: Order, supply: Supply, *, listen: Listener) -> None:
        there = ToyDatabase().installed(root)
        for package in order.packages:
            if package.package not in there:
                paths = [f"/{file.path}" for file in _unpacked(root, order, supply, package)]
                entry = {"Package": package.package, "Version": package.version}
                text = stanza({**entry, "Paths": "\n".join(["", *paths])})
                root.write(DATABASE, root.read(DATABASE) + f"{text}\n".encode())

    def answer(self, root: Root, answers: Sequence[str], order: Order, listen: Listener) -> None:
        if answers:
            root.write(ANSWERS, "".join(f"{line}\n" for line in answers).encode())


@dataclass(frozen=True)
class ToyDatabase:
    """Reads what the installer has written (`PackageDatabase`)."""

    def installed(self, root: Root) -> dict[PackageName, str]:
        return {name: version for name, version, _ in rows(root.read(DATABASE))}

    def file_list(self, root: Root, package: LockedPackage) -> tuple[str, ...]:
        return tuple(self.file_lists(root).get(package.package, ()))

    def file_lists(self, root: Root) -> FileLists:
        return {name: paths for name, _, paths in rows(root.read(DATABASE))}

    def own_files(self, root: Root) -> dict[str, str]:
        return {}

    def scripts(self, root: Root) -> Iterator[tuple[str, bytes]]:
        return iter(())

    def generator_of(self, path: str) -> str | None:
        return "toys" if path == DATABASE else None


@dataclass(frozen=True)
class ToyReference:
    """An installation of toys leaves no traces (`Reference`)."""

    def finish(self, root: Root, *, epoch: int, listen: Listener) -> None:
        """No package waits for another one."""

    def forget(self, root: Root) -> None:
        root.remove(ANSWERS)

    def installed(self, files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
        return ((name, version) for name, version, _ in rows(files[DATABASE]))


def file_name(package: LockedPackage) -> str:
    """The name of a package's file."""
    return f"{package.package}_{package.version}.toy"


def rows(database: bytes) -> Iterator[tuple[PackageName, str, Sequence[str]]]:
    """Each installed package, its version and its paths."""
    for values, _ in keyed(database.decode(), "Package", "Version", "Paths"):
        paths = values["Paths"].split("\n")[1:]
        yield PackageName(values["Package"]), values["Version"], tuple(paths)


def _unpacked(
    root: Root, order: Order, supply: Supply, package: LockedPackage
) -> Iterator[ToyFile]:
    """All files of a package; those that nobody leaves out are put into the root."""
    assert isinstance(supply, ToySupply)
    for file in supply.files(package):
        yield file
        path = f"/{file.path}"
        if order.filters and order.filters.leave_out(path):
            continue
        if file.is_directory:
            root.make_directory(path)
        elif file.is_link:
            root.link(path, file.target)
        else:
            root.write(path, file.data, mode=file.mode)
        root.set_time(path, order.epoch)
