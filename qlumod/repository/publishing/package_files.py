"""Reading a package that is to be published, and checking its digests."""

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.model.held import Held, read_held
from qlumod.model.names import Digest, package_name
from qlumod.model.stanzas import (
    MEND_CONTROL,
    ControlStanza,
    is_computed,
    normalised,
    signed_stanza,
)
from qlumod.packaging.debian.architectures import package_architecture
from qlumod.packaging.debian.control_file import checked_control
from qlumod.packaging.debian.deb import Deb
from qlumod.repository.format.index_entries import (
    ALL,
    IndexEntry,
    PoolFile,
    binary_entry,
    source_entry,
)
from qlumod.repository.format.layout import COMPONENT
from qlumod.repository.index.listing import listed_in
from qlumod.system.disk.documents import MOST
from qlumod.system.disk.regular_files import Sum, file_sum, read_bytes

_VERSION = re.compile(r"(\d{1,9}:)?[0-9][A-Za-z0-9.+~-]*(?<!-)\Z")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+~_-]*\Z")
_LONGEST_NAME = 255
"""The most characters of a file name (NAME_MAX); `_NAME` has only those of one byte."""
_OF_INDEX = frozenset(("package", "source"))
"""The fields of a .dsc that Sources replaces with its own, besides those that are computed."""


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
    root: Path
    """The repository, whose pool may have files that a .dsc names."""


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
        if len(name) > _LONGEST_NAME:
            raise QlumodError(
                f"{path}: Checksums-Sha256: {name[:40]!r}… is no file name: it has more than "
                f"{_LONGEST_NAME} characters"
            )
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
    written = checked_control(deb)
    control = normalised(written).fields
    package, version, architecture = _identity(written, control)
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


def _identity(written: ControlStanza, fields: Mapping[str, str]) -> tuple[str, str, str]:
    """Package, version and architecture, checked to be safe as parts of a file name.

    `written` is the document that they come from, and `fields` those that count.
    """
    for name, check in _IDENTITY.items():
        value = fields.get(name, "")
        if not value and name != "Source":
            raise QlumodError(f"{written.where} has no field {name}", remedy=MEND_CONTROL)
        try:
            check(value or fields["Package"])
        except QlumodError as fault:
            line = written.line_of(name)
            raise QlumodError(
                f"{written.where}: line {line}: {name}: {fault.brief}", remedy=MEND_CONTROL
            ) from fault
    return fields["Package"], fields["Version"], fields["Architecture"]


def _source_name(value: str) -> None:
    package_name(value.partition(" ")[0])


def _version(value: str) -> None:
    if not _VERSION.match(value):
        raise QlumodError(f"{value!r} is no version (Debian Policy 5.6.12)")


_IDENTITY: Mapping[str, Callable[[str], object]] = {
    "Package": package_name,
    "Source": _source_name,
    "Version": _version,
    "Architecture": package_architecture,
}
"""How each field that becomes a part of a file name is checked."""


def _read_dsc(wanted: PackageFile) -> Incoming:
    path = wanted.path
    data = read_bytes(path, most=MOST)
    own = _checked_sum(path, wanted.said, ".changes")
    document = signed_stanza(data, str(path))
    said = said_files(path, document)
    package, version = document.get("Source"), document.get("Version")
    _identity(document, {"Package": package, "Version": version, "Architecture": ALL})
    directory = pool_directory(package)
    files = {_there(wanted, name, directory, said): sum for name, sum in said.items()}
    for file in files:
        _checked_sum(file, files, ".dsc")
    sums = {path: own, **files}
    published = tuple(
        PoolFile(path=f"{directory}/{name.name}", size=found.size, sha256=found.sha256)
        for name, found in sums.items()
    )
    fields = {**_source_fields(document), **_of_index(package, directory, sums)}
    return Incoming(entry=source_entry(fields, published), sources=tuple(sums))


def _there(wanted: PackageFile, file: Path, directory: str, said: Mapping[Path, Sum]) -> Path:
    """A file that a .dsc names: beside it, or with the same bytes in the pool."""
    if os.path.lexists(file):
        return file
    kept = wanted.root / directory / file.name
    if not kept.is_file():
        why = "and the pool has no file of that name"
    elif file_sum(kept) != said[file]:
        why = "and the pool has other bytes under that name"
    else:
        return kept
    raise QlumodError(
        f"{wanted.path}: {file.name} is not beside it, {why}",
        remedy=f"copy it to {file.parent}",
    )


def _source_fields(document: ControlStanza) -> dict[str, str]:
    """The fields of a .dsc, without those that Sources replaces with its own."""
    return {
        name: value
        for name, value in document.fields.items()
        if value.strip() and name.lower() not in _OF_INDEX and not is_computed(name)
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
