"""Reading and checking all of the engineers' files together, without the network."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from qlumod.errors import QlumodError, raise_faults, singles
from qlumod.model.accounts_file import parse_accounts
from qlumod.model.module_file import parse_spec
from qlumod.model.names import module_name
from qlumod.model.project import Project, checked_project
from qlumod.model.release import Release, parse_release
from qlumod.model.spec import SUFFIX, ModuleSpec
from qlumod.system.disk.documents import read_document

RELEASE = "release"
"""The release file's name in the directory of specs."""
ACCOUNTS = "accounts"
"""The account table's name there."""

T = TypeVar("T")


def check_specs(specs_directory: Path) -> Project:
    """Read release, accounts and every spec of a directory; raises all their errors at once.

    If the release has errors, the specs are not read: they depend on it.
    """
    release = _read(specs_directory, RELEASE, parse_release)
    faults: list[QlumodError] = []
    accounts = _collect(
        faults,
        lambda: _read(
            specs_directory,
            ACCOUNTS,
            lambda text, path: parse_accounts(text, path, release.flavors),
        ),
    )
    specs = tuple(_specs(faults, specs_directory, release))
    raise_faults(faults)
    assert accounts is not None  # a missing table is among the faults
    return checked_project(release, accounts, specs)


def _specs(
    faults: list[QlumodError], specs_directory: Path, release: Release
) -> Iterator[ModuleSpec]:
    names = sorted(path.name for path in specs_directory.glob(f"*{SUFFIX}"))
    if not names:
        faults.append(QlumodError(f"{specs_directory}: there is no *{SUFFIX} file"))
    for name in names:
        yield from _collect(faults, partial(_spec_file, specs_directory, name, release)) or ()


def _spec_file(specs_directory: Path, name: str, release: Release) -> tuple[ModuleSpec, ...]:
    try:
        module_name(name.removesuffix(SUFFIX))
    except QlumodError as fault:
        path = specs_directory / name
        raise QlumodError(f"{path}: {fault.brief}", remedy="rename the file") from fault
    return _read(specs_directory, name, lambda text, path: parse_spec(text, path, release))


def _read(specs_directory: Path, name: str, parse: Callable[[str, str], T]) -> T:
    path = specs_directory / name
    return parse(read_document(path, within=specs_directory), str(path))


def _collect(faults: list[QlumodError], read: Callable[[], T]) -> T | None:
    try:
        return read()
    except QlumodError as fault:
        faults.extend(singles(fault))
        return None
