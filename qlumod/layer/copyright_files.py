"""The copyright files of a module's packages, found where the packages were installed."""

from pathlib import Path

from qlumod.layer.job import Job
from qlumod.model.copyright import Texts
from qlumod.model.lock import LockedPackage
from qlumod.model.names import PackageName
from qlumod.packaging.debian.deb import Deb
from qlumod.state.state_table import StateTable
from qlumod.system.disk.within import Root

DOCUMENTS = "/usr/share/doc"
NAME = "copyright"


def copyright_texts(job: Job, table: StateTable, root: Root, archive: Path, scratch: Root) -> Texts:
    """The copyright file of each package of a module that has one.

    As it lies in the root, where its directory may be a link to that of another package; else,
    since the release's or the spec's patterns may have left it out, from the .deb in the archive.
    `scratch` is an empty tree to unpack it in.

    What lies in the root counts only where it is in a layer, too, and the gate looks at it: a
    script may have made a link to a log, or to anything else that is published nowhere.
    """
    found = {
        one.package: _text(root, one.package) if _is_in_a_layer(root, one, table) else b""
        for one in job.packages
    }
    missing = [package for package in job.packages if not found[package.package]]
    for package in missing:
        _unpack(archive / package.file_name, package.package, scratch)
    found |= {package.package: _text(scratch, package.package) for package in missing}
    return {name: text for name, text in found.items() if text}


def _is_in_a_layer(root: Root, package: LockedPackage, table: StateTable) -> bool:
    path = f"{DOCUMENTS}/{package.package}/{NAME}"
    return root.is_file(path) and table.rule_of(root.where(path)) is None


def _text(root: Root, package: PackageName) -> bytes:
    path = f"{DOCUMENTS}/{package}/{NAME}"
    return root.read(path) if root.is_file(path) else b""


def _unpack(deb: Path, package: PackageName, root: Root) -> None:
    """Unpack a package's copyright file, and its directory where that is a link."""
    wanted = (f"{DOCUMENTS}/{package}", f"{DOCUMENTS}/{package}/{NAME}")
    for file in Deb.at(deb).files():
        path = f"/{file.path}"
        if path in wanted and file.is_link:
            root.link(path, file.target)
        elif path in wanted and file.is_file:
            with root.writing(path) as target:
                target.writelines(file.blocks())
