"""Contents indices: which package of a suite has which file, kept up by what has changed."""

import gzip
import lzma
import re
import tarfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from debian.arfile import ArError
from debian.debfile import DebError, DebFile

from qlumod.errors import QlumodError
from qlumod.model.held import tells_of_module
from qlumod.repository.entries import ALL, Entry
from qlumod.repository.layout import COMPONENT
from qlumod.repository.snapshots import Snapshot
from qlumod.system.run import capture, command

Paths = Callable[[Entry], tuple[str, ...]]
"""The files and links of a binary package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What a .deb has: its files and links, and the text of those that tell of a module."""

    paths: tuple[str, ...]
    texts: Mapping[str, bytes]


_SECTION = re.compile(r"^Section: (\S+)", re.MULTILINE)
_LISTED = re.compile(
    r"[-lhcbp]\S{9} \S+ +\d+(?:,\d+)? \S+ \S+ (?P<path>.*?)(?: (?:->|link to) .*)?$"
)


def contents_path(architecture: str) -> str:
    """Where the Contents index of an architecture lies below the suite."""
    return f"{COMPONENT}/Contents-{architecture}"


def contents_texts(
    entries: Iterable[Entry], architectures: Sequence[str], before: Snapshot | None, paths: Paths
) -> dict[str, bytes]:
    """Every Contents index by its path; only packages that `before` did not have are opened."""
    binaries = [entry for entry in entries if not entry.is_source]
    known = [entry for entry in before.entries() if not entry.is_source] if before else []
    return {
        contents_path(name): _updated(
            _earlier(before, contents_path(name)),
            [entry for entry in known if entry.architecture in (ALL, name)],
            [entry for entry in binaries if entry.architecture in (ALL, name)],
            paths,
        )
        for name in (ALL, *architectures)
    }


def _updated(
    text: str | None, known: Sequence[Entry], entries: Sequence[Entry], paths: Paths
) -> bytes:
    """The index as it was, without the packages that changed; then those as they are now."""
    stay = set(known) & set(entries) if text is not None else set()
    if text is not None and len(stay) == len(known) == len(entries):
        return text.encode()
    places: dict[str, set[str]] = {}
    kept = {_location(entry) for entry in stay}
    for line in (text or "").splitlines():
        path, _, locations = line.rpartition(" ")
        if found := kept.intersection(locations.split(",")):
            places[path.rstrip()] = found
    for entry in entries:
        if entry not in stay:
            for path in paths(entry):
                places.setdefault(path, set()).add(_location(entry))
    return "".join(f"{path} {','.join(sorted(places[path]))}\n" for path in sorted(places)).encode()


def listed(deb: Path) -> Listed:
    """Look into a .deb; raises `QlumodError`."""
    try:
        opened = DebFile(str(deb))
        try:
            return _listed(opened.data.tgz())
        finally:
            opened.close()
    except (ArError, DebError, tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, OSError):
        # What python-debian cannot unpack, dpkg knows, or says what is wrong with it.
        paths = _told_by_dpkg(deb)
    if any(map(tells_of_module, paths)):
        raise QlumodError(
            f"{deb}: cannot read what it says of its module",
            remedy="build it again with its data not compressed, or by gzip, xz or zstd",
        )
    return Listed(paths=paths, texts={})


def _listed(data: tarfile.TarFile) -> Listed:
    paths: list[str] = []
    texts: dict[str, bytes] = {}
    for member in data:
        if not member.isdir():
            paths.append(path := _plain(member.name))
            if tells_of_module(path) and (file := data.extractfile(member)):
                texts[path] = file.read()
    return Listed(paths=tuple(sorted(paths)), texts=texts)


def _told_by_dpkg(deb: Path) -> tuple[str, ...]:
    listed = capture(command("dpkg-deb", "--contents", deb)).decode(errors="replace")
    found = (_LISTED.match(line) for line in listed.splitlines())
    return tuple(sorted(_plain(line["path"]) for line in found if line))


def _plain(path: str) -> str:
    return path.removeprefix("./").lstrip("/").replace("\n", "\\n")


def _location(entry: Entry) -> str:
    section = _SECTION.search(entry.text)
    return f"{section[1]}/{entry.package}" if section else entry.package


def _earlier(before: Snapshot | None, path: str) -> str | None:
    """The index as it was published; None: it has to be made from nothing."""
    if before is None or f"{path}.gz" not in before.sums:
        return None
    try:
        return gzip.decompress(before.checked(f"{path}.gz")).decode()
    except QlumodError:
        return None
