"""Reading what is to be published: .debs, .dscs and .changes, whole and as they say they are."""

import hashlib
import lzma
import re
import tarfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from debian.arfile import ArError

from qlumod.errors import Faults, QlumodError, raise_faults
from qlumod.events import Listener, step
from qlumod.late import late
from qlumod.model.held import Held, read_held
from qlumod.model.names import (
    Digest,
    ModulePackage,
    ReleaseVersion,
    arch_name,
    package_name,
    suite_name,
)
from qlumod.repository.entries import ALL, COMPUTED, Entry, PoolFile, binary_entry, source_entry
from qlumod.repository.layout import COMPONENT
from qlumod.repository.listing import Listed, listed_small
from qlumod.system.deb_file import read_control
from qlumod.system.files import Sum, file_sum, read_bytes, told
from qlumod.system.small_deb import read_small

_VERSION = re.compile(r"(\d+:)?[0-9][A-Za-z0-9.+~-]*\Z")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+~_-]*\Z")
_AR_HEADER = 60
_OF_INDEX = COMPUTED | {"package", "source", "files"}
"""What Sources itself tells of a source package, beside its checksums."""
_BROKEN = (
    ArError, tarfile.TarError, lzma.LZMAError, zlib.error,
    EOFError, KeyError, ValueError, OSError,
)  # fmt: skip

deb822 = late("debian.deb822")
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A package that is to be published, and where its files lie now."""

    entry: Entry
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


def check_whole(path: Path) -> None:
    """Refuse a .deb that ends early: its members must fill the file; raises `QlumodError`."""
    with told(path, "read"), path.open("rb") as deb:
        size = path.stat().st_size
        end = _end_of_members(deb, size)
    if end is None:
        raise QlumodError(f"{path}: this is no .deb: it is no ar archive")
    if end != size:
        raise QlumodError(
            f"{path}: this .deb is truncated: {size} of at least {end} bytes are there"
            if end > size
            else f"{path}: {size - end} bytes that belong to no .deb follow its end",
            remedy="copy or build it again",
        )


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
    said = _said(path, deb822.Changes(read_bytes(path)))
    wanted = [name for name in said if name.suffix in (".deb", ".dsc")]
    if not wanted:
        raise QlumodError(f"{path}: Checksums-Sha256 names no .deb and no .dsc")
    return [_Wanted(path=name, said=said) for name in wanted]


def _said(path: Path, document: Any) -> dict[Path, Sum]:
    """The files that a .changes or .dsc names, with size and digest, as they lie beside it."""
    said: dict[Path, Sum] = {}
    for digest, size, name in _raw_checksums(path, document):
        if not _NAME.match(name):
            raise QlumodError(f"{path}: Checksums-Sha256: {name!r} is no file name")
        said[path.with_name(name)] = Sum(size=size, sha256=Digest(digest))
    return said


def _raw_checksums(path: Path, document: Any) -> list[tuple[str, int, str]]:
    try:
        return [
            (line["sha256"], int(line["size"]), line["name"])
            for line in document["Checksums-Sha256"]
        ]
    except (KeyError, ValueError) as fault:
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
    if small := read_small(path):
        found = _as_said(path, small.sum, wanted.said, ".changes")
        return _incoming(path, found, small.control, listed_small(small.files))
    found = _checked_sum(path, wanted.said, ".changes")
    check_whole(path)
    return _incoming(path, found, _control(path))


def _incoming(
    path: Path, found: Sum, control: Mapping[str, str], listed: Listed | None = None
) -> Incoming:
    package, version, architecture = _identity(path, control)
    source = control.get("Source", package).partition(" ")[0]
    name = f"{package}_{_without_epoch(version)}_{architecture}.deb"
    file = PoolFile(path=f"{pool_directory(source)}/{name}", size=found.size, sha256=found.sha256)
    entry = binary_entry(control, file)
    if listed is None:
        return Incoming(entry=entry, sources=(path,))
    try:
        held = read_held(listed.texts, entry.title)
    except QlumodError:
        # It is raised where modules are asked for: not everybody minds.
        held = None
    return Incoming(entry=entry, sources=(path,), names=listed.names, held=held)


def _control(path: Path) -> dict[str, str]:
    try:
        return read_control(path)
    except _BROKEN as fault:
        raise QlumodError(
            f"{path}: cannot read the control file of this .deb: {fault}",
            remedy="copy or build it again",
        ) from fault


def _identity(path: Path, control: Mapping[str, str]) -> tuple[str, str, str]:
    """Package, version and architecture, safe as parts of a file name."""
    missing = [name for name in ("Package", "Version", "Architecture") if not control.get(name)]
    if missing:
        raise QlumodError(f"{path}: its control file has no field {missing[0]}")
    try:
        package_name(control["Package"])
        package_name(control.get("Source", control["Package"]).partition(" ")[0])
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
    document = deb822.Dsc(data)
    said = _said(path, document)
    for name in said:
        _checked_sum(name, said, ".dsc")
    package, version = document.get("Source", ""), document.get("Version", "")
    _identity(path, {"Package": package, "Version": version, "Architecture": ALL})
    directory = pool_directory(package)
    sums = {path: own, **said}
    files = tuple(
        PoolFile(path=f"{directory}/{name.name}", size=found.size, sha256=found.sha256)
        for name, found in sums.items()
    )
    fields = {**_source_fields(data), **_of_index(package, directory, sums)}
    return Incoming(entry=source_entry(fields, files), sources=tuple(sums))


def _source_fields(data: bytes) -> dict[str, str]:
    """A .dsc's own fields, without those that Sources tells of the package and of its files."""
    document = deb822.Deb822(deb822.Deb822.split_gpg_and_payload(data.splitlines())[1])
    return {
        name: document.get_as_string(name)
        for name in document
        if name.lower() not in _OF_INDEX and not name.lower().startswith("checksums-")
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


def _end_of_members(deb: BinaryIO, size: int) -> int | None:
    """Where the last member ends, as the headers say; None: there is no ar archive."""
    if deb.read(8) != b"!<arch>\n":
        return None
    position = 8
    while position < size:
        deb.seek(position)
        header = deb.read(_AR_HEADER)
        if len(header) < _AR_HEADER:
            return position + _AR_HEADER
        if header[58:] != b"`\n" or not header[48:58].strip().isdigit():
            return position
        length = int(header[48:58])
        position += _AR_HEADER + length
        # Members begin at even places; the last one may go without its padding.
        if length % 2 and position < size:
            position += 1
    return position
