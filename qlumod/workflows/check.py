"""Read all that engineers wrote and check it together, without the network."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from qlumod.errors import Faults, QlumodError, raise_faults
from qlumod.model.accounts import parse_accounts
from qlumod.model.document import decoded
from qlumod.model.module_file import parse_spec
from qlumod.model.names import module_name
from qlumod.model.project import Project, checked
from qlumod.model.release import Release, parse_release
from qlumod.model.spec import SUFFIX, ModuleSpec

RELEASE = "release"
"""The release file's name in the directory of specs."""
ACCOUNTS = "accounts"
"""The account table's name there."""

T = TypeVar("T")


def check(specs_directory: Path) -> Project:
    """Read release, accounts and every spec of a directory; raises all their faults at once.

    The specs are not read where the release has faults: they are understood by it.
    """
    release = _read(specs_directory / RELEASE, parse_release)
    faults: list[QlumodError] = []
    accounts = _collect(
        faults,
        lambda: _read(
            specs_directory / ACCOUNTS,
            lambda text, path: parse_accounts(text, path, release.flavors),
        ),
    )
    specs = tuple(_specs(faults, specs_directory, release))
    raise_faults(faults)
    assert accounts is not None  # a missing table is among the faults
    return checked(release, accounts, specs)


def _specs(
    faults: list[QlumodError], specs_directory: Path, release: Release
) -> Iterator[ModuleSpec]:
    paths = sorted(specs_directory.glob(f"*{SUFFIX}"))
    if not paths:
        faults.append(QlumodError(f"{specs_directory}: there is no *{SUFFIX} file"))
    for path in paths:
        yield from _collect(faults, partial(_spec_file, path, release)) or ()


def _spec_file(path: Path, release: Release) -> tuple[ModuleSpec, ...]:
    try:
        module_name(path.name.removesuffix(SUFFIX))
    except QlumodError as fault:
        raise QlumodError(f"{path}: {fault.brief}", remedy="rename the file") from fault
    return _read(path, lambda text, name: parse_spec(text, name, release))


def _read(path: Path, parse: Callable[[str, str], T]) -> T:
    try:
        data = path.read_bytes()
    except OSError as fault:
        raise QlumodError(f"cannot read {path}: {fault.strerror}") from fault
    return parse(decoded(data, str(path)), str(path))


def _collect(faults: list[QlumodError], read: Callable[[], T]) -> T | None:
    try:
        return read()
    except QlumodError as fault:
        faults.extend(_single(fault))
        return None


def _single(fault: QlumodError) -> Iterable[QlumodError]:
    return fault.faults if isinstance(fault, Faults) else (fault,)
