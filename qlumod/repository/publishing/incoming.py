"""Reading what is to be published: .debs, .dscs and .changes, whole and as they say they are."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from qlumod.errors import Faults, QlumodError, raise_faults
from qlumod.events import Listener, step
from qlumod.model.held import Held, read_held
from qlumod.model.names import (
    Digest,
    ModulePackage,
    ReleaseVersion,
    arch_name,
    package_name,
    suite_name,
)
from qlumod.model.stanzas import (
    COMPUTED,
    ControlStanza,
    normalised,
    signed_stanza,
)
from qlumod.packaging.debian.deb import Deb
from qlumod.repository.format.index_entries import (
    ALL,
    SOURCE,
    IndexEntry,
    PoolFile,
    binary_entry,
    source_entry,
)
from qlumod.repository.format.layout import COMPONENT
from qlumod.repository.index.listing import listed_in
from qlumod.system.disk.regular_files import Sum, file_sum, read_bytes

_VERSION = re.compile(r"(\d+:)?[0-9][A-Za-z0-9.+~-]*\Z")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+~_-]*\Z")
_OF_INDEX = COMPUTED | {"package", "source", "files"}
"""What Sources itself tells of a source package, beside its checksums."""

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A package that is to be published, and where its files lie now."""

    entry: IndexEntry
    sources: tuple[Path, ...]
    """The files of the entry as they lie now, in the same order."""
    names: bytes | None = None
    """Its files and links line by line, where they are known already."""
    held: tuple[Held, ...] | None = None
    """The modules in it, where they are known already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A .deb or .dsc, and what the .changes file that named it says of it."""

    path: Path
    said: Mapping[Path, Sum]


def read_incoming(files: Iterable[Path], *, listen: Listener) -> tuple[Incoming, ...]:
    """Read all files; raises every fault of all of them at once."""
    wanted = list(_each(files, _wanted_by))
    title = f"reading {len(wanted)} package files"
    with step(listen, title, total=len(wanted), unit="files") as advance:

        def read(one: _Wanted) -> list[Incoming]:
            found = _read_deb(one) if one.path.suffix == ".deb" else _read_dsc(one)
            advance(1)
            return [found]

        return tuple(_each(wanted, read))


def pool_directory(source: str) -> str:
    """The directory of a source package's files, as in Debian's pool."""
    initial = source[:4] if source.startswith("lib") and len(source) > 3 else source[:1]
    return f"pool/{COMPONENT}/{initial}/{source}"


def suite_of(incoming: Iterable[Incoming]) -> str:
    """The suite that the module packages belong to, by their names; raises `QlumodError`."""
    suites = {found for one in incoming if (found := _suite_of_name(one.entry.package))}
    if len(suites) != 1:
        found = (
            f"the module packages are of {', '.join(sorted(suites))}"
            if suites
            else ("there is no module package whose name tells it")
        )
        raise QlumodError(f"which suite? {found}", remedy="name it, such as: --suite 14.0-bookworm")
    return suites.pop()


def _suite_of_name(package: str) -> str | None:
    try:
        name = ModulePackage.parse(package)
        return suite_name(ReleaseVersion.parse(name.version), name.flavor)
    except QlumodError:
        return None


def _each(items: Iterable[T], read: Callable[[T], Iterable[R]]) -> list[R]:
    """Read each item; the faults of all are raised together."""
    found: list[R] = []
    faults: list[QlumodError] = []
    for item in items:
        try:
            found.extend(read(item))
        except Faults as several:
            faults.extend(several.faults)
        except QlumodError as fault:
            faults.append(fault)
    raise_faults(faults)
    return found


def _wanted_by(path: Path) -> list[_Wanted]:
    match path.suffix:
        case ".deb" | ".dsc":
            return [_Wanted(path=path, said={})]
        case ".changes":
            return _named_in_changes(path)
    raise QlumodError(
        f"{path}: only .deb, .dsc and .changes files can be published",
        remedy="name the .changes file of a build, which names the others",
    )


def _named_in_changes(path: Path) -> list[_Wanted]:
    said = _said(path, signed_stanza(read_bytes(path), str(path)))
    wanted = [name for name in said if name.suffix in (".deb", ".dsc")]
    if not wanted:
        raise QlumodError(f"{path}: Checksums-Sha256 names no .deb and no .dsc")
    return [_Wanted(path=name, said=said) for name in wanted]


def _said(path: Path, document: ControlStanza) -> dict[Path, Sum]:
    """The files that a .changes or .dsc names, with size and digest, as they lie beside it."""
    said: dict[Path, Sum] = {}
    for digest, size, name in _raw_checksums(path, document):
        if not _NAME.match(name):
            raise QlumodError(f"{path}: Checksums-Sha256: {name!r} is no file name")
        said[path.with_name(name)] = Sum(size=size, sha256=Digest(digest))
    return said


def _raw_checksums(path: Path, document: ControlStanza) -> list[tuple[str, int, str]]:
    try:
        return list(document.files("Checksums-Sha256"))
    except QlumodError as fault:
        raise QlumodError(
            f"{path}: there is no readable field Checksums-Sha256",
            remedy="build the package again with dpkg-buildpackage",
        ) from fault


def _checked_sum(path: Path, said: Mapping[Path, Sum], by: str) -> Sum:
    return _as_said(path, file_sum(path), said, by)


def _as_said(path: Path, found: Sum, said: Mapping[Path, Sum], by: str) -> Sum:
    if path in said and said[path] != found:
        raise QlumodError(
            f"{path}: its digest is not the one that the {by} file says",
            details=(
                f"said:  {said[path].size} bytes, SHA256 {said[path].sha256}",
                f"found: {found.size} bytes, SHA256 {found.sha256}",
            ),
            remedy="copy all files of that build again",
        )
    return found


def _read_deb(wanted: _Wanted) -> Incoming:
    path = wanted.path
    # The digest comes first: it says better than anything else that a file is not what was built.
    found = _checked_sum(path, wanted.said, ".changes")
    deb = Deb.at(path)
    control = normalised(deb.control).fields
    package, version, architecture = _identity(path, control)
    source = control.get("Source", package).partition(" ")[0]
    name = f"{package}_{_without_epoch(version)}_{architecture}.deb"
    file = PoolFile(path=f"{pool_directory(source)}/{name}", size=found.size, sha256=found.sha256)
    entry = binary_entry(control, file)
    listed = listed_in(deb)
    try:
        held = read_held(listed.texts, entry.title)
    except QlumodError:
        # It is raised where modules are asked for: not everybody minds.
        held = None
    return Incoming(entry=entry, sources=(path,), names=listed.names, held=held)


def _identity(path: Path, control: Mapping[str, str]) -> tuple[str, str, str]:
    """Package, version and architecture, safe as parts of a file name."""
    missing = [name for name in ("Package", "Version", "Architecture") if not control.get(name)]
    if missing:
        raise QlumodError(f"{path}: its control file has no field {missing[0]}")
    try:
        package_name(control["Package"])
        package_name(control.get("Source", control["Package"]).partition(" ")[0])
        if control["Architecture"] == SOURCE:
            raise QlumodError(f"{SOURCE!r} is no architecture of a .deb")
        if control["Architecture"] != ALL:
            arch_name(control["Architecture"])
        if not _VERSION.match(control["Version"]):
            raise QlumodError(f"{control['Version']!r} is no version (Debian Policy 5.6.12)")
    except QlumodError as fault:
        raise QlumodError(f"{path}: its control file: {fault.brief}") from fault
    return control["Package"], control["Version"], control["Architecture"]


def _read_dsc(wanted: _Wanted) -> Incoming:
    path = wanted.path
    data = read_bytes(path)
    own = _checked_sum(path, wanted.said, ".changes")
    document = signed_stanza(data, str(path))
    said = _said(path, document)
    for name in said:
        _checked_sum(name, said, ".dsc")
    package, version = document.get("Source"), document.get("Version")
    _identity(path, {"Package": package, "Version": version, "Architecture": ALL})
    directory = pool_directory(package)
    sums = {path: own, **said}
    files = tuple(
        PoolFile(path=f"{directory}/{name.name}", size=found.size, sha256=found.sha256)
        for name, found in sums.items()
    )
    fields = {**_source_fields(document), **_of_index(package, directory, sums)}
    return Incoming(entry=source_entry(fields, files), sources=tuple(sums))


def _source_fields(document: ControlStanza) -> dict[str, str]:
    """A .dsc's own fields, without those that Sources tells of the package and of its files."""
    return {
        name: value
        for name, value in document.fields.items()
        if value.strip()
        and name.lower() not in _OF_INDEX
        and not name.lower().startswith("checksums-")
    }


def _of_index(package: str, directory: str, sums: Mapping[Path, Sum]) -> dict[str, str]:
    """What Sources says of a package and its files, the .dsc among them: of what was read."""
    return {
        "Package": package,
        "Directory": directory,
        "Files": "".join(f"\n {_md5(path)} {of.size} {path.name}" for path, of in sums.items()),
        "Checksums-Sha256": "".join(
            f"\n {of.sha256} {of.size} {path.name}" for path, of in sums.items()
        ),
    }


def _md5(path: Path) -> str:
    with path.open("rb") as reading:
        return hashlib.file_digest(reading, partial(hashlib.md5, usedforsecurity=False)).hexdigest()


def _without_epoch(version: str) -> str:
    return version.partition(":")[2] or version
