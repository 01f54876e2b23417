"""The copyright files of a module's packages, found where the packages were installed."""

from collections.abc import Iterable, Iterator
from contextlib import suppress

from qlumod.errors import QlumodError
from qlumod.events import Caution
from qlumod.layer.job import Job
from qlumod.model.copyright import Licences, Texts
from qlumod.model.licences import is_licence, licences_among
from qlumod.model.packed import unpacked
from qlumod.packaging.database import FileLists
from qlumod.packaging.installer import PackedFile, Supply
from qlumod.packaging.path_filters import PathFilters
from qlumod.state.state_table import StateTable
from qlumod.system.disk.within import Root

_NAMED = 5
"""How many licence texts of a package a line names."""


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


def licence_texts(job: Job, supply: Supply, copyrights: Texts) -> Licences:
    """The licence texts of the packages that have no copyright file, from the packages themselves.

    They are in the module's package even if patterns leave them out of the layer.
    """
    bare = (package for package in job.packages if package.package not in copyrights)
    found = {package.package: dict(_licences(supply.files(package))) for package in bare}
    return {name: texts for name, texts in found.items() if texts}


def lost_licences(
    job: Job, lists: FileLists, filters: PathFilters, supply: Supply
) -> Iterator[Caution]:
    """One line for each package of which the patterns leave out licence texts.

    Its copyright file is not among them: the module's package always has it.
    """
    for locked in job.packages:
        package, paths = locked.package, lists[locked.package]
        others = {supply.licence(locked), *(path.rpartition("/")[0] for path in paths)}
        lost = licences_among(p for p in paths if filters.leave_out(p) and p not in others)
        if lost:
            more = f" and {len(lost) - _NAMED} more" if len(lost) > _NAMED else ""
            yield Caution(
                text=f"Exclude leaves out licence texts of {package}: "
                f"{', '.join(lost[:_NAMED])}{more}; to keep them, name them in the field Include"
            )


def _licences(files: Iterable[PackedFile]) -> Iterator[tuple[str, bytes]]:
    for file in files:
        path = f"/{file.path}"
        if file.is_file and is_licence(path):
            data = file.read()
            with suppress(QlumodError):
                data = unpacked(data, path)
            yield path, data


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
