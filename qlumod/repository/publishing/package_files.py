"""Reading a package that is to be published, and checking its digests."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.model.held import Held, read_held
from qlumod.model.names import Digest, arch_name, package_name
from qlumod.model.stanzas import COMPUTED, ControlStanza, normalised, signed_stanza
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
from qlumod.system.disk.documents import MOST
from qlumod.system.disk.regular_files import Sum, file_sum, read_bytes

_VERSION = re.compile(r"(\d+:)?[0-9][A-Za-z0-9.+~-]*\Z")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+~_-]*\Z")
_OF_INDEX = COMPUTED | {"package", "source", "files"}
"""The fields of a .dsc that Sources replaces with its own, besides the checksums."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A package that is to be published, and the present paths of its files."""

    entry: IndexEntry
    sources: tuple[Path, ...]
    """The present paths of the entry's files, in the same order."""
    names: bytes | None = None
    """Its files and links, one per line, if already known."""
    held: tuple[Held, ...] | None = None
    """The modules in it, if already known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageFile:
    """A .deb or .dsc, and the sums in the .changes file that names it."""

    path: Path
    said: Mapping[Path, Sum]


def attempted(wanted: PackageFile) -> Incoming | QlumodError:
    """Read a package, or return its fault."""
    try:
        return _read_deb(wanted) if wanted.path.suffix == ".deb" else _read_dsc(wanted)
    except QlumodError as fault:
        return fault


def pool_directory(source: str) -> str:
    """The directory of a source package's files, as in Debian's pool."""
    initial = source[:4] if source.startswith("lib") and len(source) > 3 else source[:1]
    return f"pool/{COMPONENT}/{initial}/{source}"


def said_files(path: Path, document: ControlStanza) -> dict[Path, Sum]:
    """The files that a .changes or .dsc names, in its own directory, with size and digest."""
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
    found = file_sum(path)
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


def _read_deb(wanted: PackageFile) -> Incoming:
    path = wanted.path
    # The digest comes first: it gives the clearest error for a file that differs from the build's.
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
        # The error is raised when modules are read: some callers need none.
        held = None
    return Incoming(entry=entry, sources=(path,), names=listed.names, held=held)


def _identity(path: Path, control: Mapping[str, str]) -> tuple[str, str, str]:
    """Package, version and architecture, checked to be safe as parts of a file name."""
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


def _read_dsc(wanted: PackageFile) -> Incoming:
    path = wanted.path
    data = read_bytes(path, most=MOST)
    own = _checked_sum(path, wanted.said, ".changes")
    document = signed_stanza(data, str(path))
    said = said_files(path, document)
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
    """The fields of a .dsc, without those that Sources replaces with its own."""
    return {
        name: value
        for name, value in document.fields.items()
        if value.strip()
        and name.lower() not in _OF_INDEX
        and not name.lower().startswith("checksums-")
    }


def _of_index(package: str, directory: str, sums: Mapping[Path, Sum]) -> dict[str, str]:
    """The fields of Sources about a package and its files (with the .dsc), from the read files."""
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
