"""The copyright files of a module's packages, found where the packages were installed."""

from collections.abc import Iterable

from qlumod.layer.job import Job
from qlumod.model.copyright import Texts
from qlumod.packaging.installer import PackedFile, Supply
from qlumod.state.state_table import StateTable
from qlumod.system.disk.within import Root


def copyright_texts(
    job: Job, table: StateTable, root: Root, supply: Supply, scratch: Root
) -> Texts:
    """The copyright file of each package of a module that has one.

    As it lies in the root, where its directory may be a link to that of another package; else,
    since the release's or the spec's patterns may have left it out, from the package itself.
    `scratch` is an empty tree to unpack it in.

    What lies in the root counts only where it is in a layer, too, and the gate looks at it: a
    script may have made a link to a log, or to anything else that is published nowhere.
    """
    paths = {package.package: supply.licence(package) for package in job.packages}
    found = {
        name: _text(root, path) if _is_in_a_layer(root, path, table) else b""
        for name, path in paths.items()
    }
    missing = [package for package in job.packages if not found[package.package]]
    for package in missing:
        _unpack(supply.files(package), paths[package.package], scratch)
    # When all are unpacked: a package's directory may be a link to that of another one.
    found |= {p.package: _text(scratch, paths[p.package]) for p in missing}
    return {name: text for name, text in found.items() if text}


def _is_in_a_layer(root: Root, path: str, table: StateTable) -> bool:
    return root.is_file(path) and table.rule_of(root.where(path)) is None


def _text(root: Root, path: str) -> bytes:
    return root.read(path) if root.is_file(path) else b""


def _unpack(files: Iterable[PackedFile], licence: str, root: Root) -> None:
    """Unpack a package's copyright file, and its directory where that is a link."""
    wanted = (licence.rpartition("/")[0], licence)
    for file in files:
        path = f"/{file.path}"
        if path in wanted and file.is_link:
            root.link(path, file.target)
        elif path in wanted and file.is_file:
            with root.writing(path) as target:
                target.writelines(file.blocks())
