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

    It is read from the root, where its directory may be a link to that of another package; if the
    release's or the spec's patterns have left it out, it is read from the package itself. `scratch`
    is an empty tree in which it is unpacked.

    A file of the root is used only if it is in a layer, too, and is checked by the gate: a script
    may have made a link to a log, or to another file that is never published.
    """
    paths = {package.package: supply.licence(package) for package in job.packages}
    found = {
        name: _text(root, path) if _is_in_a_layer(root, path, table) else b""
        for name, path in paths.items()
    }
    missing = [package for package in job.packages if not found[package.package]]
    for package in missing:
        _unpack(supply.files(package), paths[package.package], scratch)
    # After all are unpacked: a package's directory may be a link to that of another one.
    found |= {p.package: _text(scratch, paths[p.package]) for p in missing}
    return {name: text for name, text in found.items() if text}


def _is_in_a_layer(root: Root, path: str, table: StateTable) -> bool:
    return root.is_file(path) and table.rule_of(root.where(path)) is None


def _text(root: Root, path: str) -> bytes:
    return root.read(path) if root.is_file(path) else b""


def _unpack(files: Iterable[PackedFile], licence: str, root: Root) -> None:
    """Unpack a package's copyright file, and its directory if that is a link."""
    wanted = (licence.rpartition("/")[0], licence)
    for file in files:
        path = f"/{file.path}"
        if path in wanted and file.is_link:
            root.link(path, file.target)
        elif path in wanted and file.is_file:
            with root.writing(path) as target:
                target.writelines(file.blocks())
