"""Finding the payloads that dpkg has put on a head node, and telling whether they are whole.

A payload's files are read and compared with its manifest's digests. What was read once is
remembered with the file's size, inode, and times of change: the kernel sets ctime itself whenever
data or attributes change, so that a file that looks as it did is as it was (but for a failing disk:
``qlumod register --thorough`` reads everything again).
"""

import os
import stat
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Caution, Listener, step
from qlumod.head.places import Places
from qlumod.model.document import decoded, written
from qlumod.model.manifest import LAYER, MANIFEST, Manifest, PayloadFile, parse_manifest
from qlumod.model.names import (
    ArchName,
    Digest,
    FlavorName,
    ModuleName,
    ReleaseVersion,
    arch_name,
    flavor_name,
    module_name,
)
from qlumod.model.registry import Registered, Status
from qlumod.system.files import file_sum, read_bytes, write_whole

READERS = 4
"""More readers at once make a disk slower, not faster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """A payload directory; what its path says of it is known even when its manifest is lost."""

    directory: Path
    module: ModuleName
    flavor: FlavorName
    architecture: ArchName
    version: ReleaseVersion


@dataclass(frozen=True, slots=True)
class Look:
    """How a file looks; as long as it looks the same, it is the same."""

    size: int
    inode: int
    modified: int
    changed: int

    @classmethod
    def at(cls, status: os.stat_result) -> "Look":
        """Take what stat(2) says; times in nanoseconds."""
        return cls(status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns)


Known = Mapping[str, tuple[Look, Digest]]
"""The digests of files by path, with how they looked when they were read."""


def find_payloads(places: Places, listen: Listener) -> tuple[Payload, ...]:
    """All payload directories, sorted; anything else in their tree is mentioned and passed over."""
    found = []
    for directory in _candidates(places.modules):
        try:
            found.append(_payload(directory, places.modules))
        except QlumodError as fault:
            listen(Caution(text=f"{places.payload(directory)} is no payload: {fault.brief}"))
    return tuple(found)


def _candidates(top: Path) -> Iterator[Path]:
    # dpkg leaves directories that hold a stranger's file; empty ones are of no interest.
    for directory in sorted(top.glob("*/*/*/*/")):
        if any(directory.iterdir()):
            yield directory


def _payload(directory: Path, top: Path) -> Payload:
    module, flavor, architecture, version = directory.relative_to(top).parts
    return Payload(
        directory=directory,
        module=module_name(module),
        flavor=flavor_name(flavor),
        architecture=arch_name(architecture),
        version=ReleaseVersion.parse(version),
    )


def payload_of(places: Places, entry: Registered) -> Payload:
    """Where the payload of a registered module lies."""
    module, flavor, architecture, version = entry.key
    return Payload(
        directory=places.modules / module / flavor / architecture / str(version),
        module=module,
        flavor=flavor,
        architecture=architecture,
        version=version,
    )


def read_manifest(payload: Payload) -> Manifest:
    """Read a payload's manifest, and see that it speaks of this payload."""
    path = payload.directory / MANIFEST
    manifest = parse_manifest(decoded(read_bytes(path), str(path)), str(path))
    said = (manifest.module, manifest.flavor, manifest.architecture, manifest.version)
    if said != (payload.module, payload.flavor, payload.architecture, payload.version):
        raise QlumodError(f"{path} is the manifest of another module: {' '.join(map(str, said))}")
    if manifest.file(LAYER) is None:
        raise QlumodError(f"{path}: Files: names no {LAYER}")
    return manifest


def verified(
    payloads: tuple[Payload, ...], known: Known, listen: Listener
) -> tuple[tuple[Registered, ...], Known]:
    """Read what changed of the payloads; returns what there is to say of each, and new digests."""
    manifests = {payload: _manifest_or_fault(payload) for payload in payloads}
    files = [
        payload.directory / file.path
        for payload, manifest in manifests.items()
        if isinstance(manifest, Manifest)
        for file in manifest.files
    ]
    now = _digests(files, known, listen)
    return tuple(_registered(p, manifests[p], now) for p in payloads), now


def _manifest_or_fault(payload: Payload) -> Manifest | QlumodError:
    try:
        return read_manifest(payload)
    except QlumodError as fault:
        return fault


def _registered(payload: Payload, manifest: Manifest | QlumodError, now: Known) -> Registered:
    if isinstance(manifest, QlumodError):
        return _entry(payload, None, problem=manifest.brief.splitlines()[0])
    faults = [
        f"{file.path} {fault}"
        for file in manifest.files
        if (fault := _fault(file, payload.directory / file.path, now))
    ]
    return _entry(payload, manifest, problem="; ".join(faults))


def _fault(file: PayloadFile, path: Path, now: Known) -> str:
    found = now.get(str(path))
    if found is None:
        return "is missing" if not os.path.lexists(path) else "cannot be read"
    look, digest = found
    if look.size != file.size:
        return f"has {look.size} bytes instead of {file.size}"
    return "" if digest == file.sha256 else "is damaged: its SHA-256 is not the manifest's"


def _entry(payload: Payload, manifest: Manifest | None, *, problem: str) -> Registered:
    layer = manifest.file(LAYER) if manifest else None
    return Registered(
        module=payload.module,
        version=payload.version,
        flavor=payload.flavor,
        architecture=payload.architecture,
        title=manifest.title if manifest else "",
        stack_group=manifest.stack_group if manifest else "",
        size=sum(file.size for file in manifest.files) if manifest else 0,
        layer=layer.sha256 if layer else None,
        status=Status.DAMAGED if problem else Status.OK,
        problem=problem,
    )


def _digests(files: list[Path], known: Known, listen: Listener) -> dict[str, tuple[Look, Digest]]:
    looks = {path: look for path in files if (look := _look(path)) is not None}
    same = {
        str(path): known[str(path)]
        for path, look in looks.items()
        if known.get(str(path), (None, None))[0] == look
    }
    changed = [path for path in looks if str(path) not in same]
    if not changed:
        return same
    total = sum(looks[path].size for path in changed)
    with (
        step(listen, "verifying modules", total=total, unit="bytes") as advance,
        ThreadPoolExecutor(READERS) as readers,
    ):
        for path, digest in zip(changed, readers.map(_digest, changed), strict=True):
            advance(looks[path].size)
            # A file that changed while it was read is read again next time.
            if digest is not None and _look(path) == looks[path]:
                same[str(path)] = (looks[path], digest)
    return same


def _digest(path: Path) -> Digest | None:
    try:
        return file_sum(path).sha256
    except QlumodError:
        return None


def _look(path: Path) -> Look | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    return Look.at(status) if stat.S_ISREG(status.st_mode) else None


def remember(path: Path, known: Known) -> None:
    """Write down the digests that were found; only a shortcut, and made again when it is lost."""
    rows = [
        f"{digest} {look.size} {look.inode} {look.modified} {look.changed} {name}"
        for name, (look, digest) in sorted(known.items())
    ]
    write_whole(path, written([("Format", "1"), ("Files", rows)]).encode())


def remembered(path: Path) -> Known:
    """Read what `remember` wrote; nothing where it cannot be read."""
    try:
        lines = path.read_text().splitlines()
        if lines[:2] != ["Format: 1", "Files:"]:
            return {}
        return dict(_remembered_row(line) for line in lines[2:])
    except (OSError, ValueError):
        return {}


def _remembered_row(line: str) -> tuple[str, tuple[Look, Digest]]:
    digest, size, inode, modified, changed, name = line.strip().split(" ", 5)
    return name, (Look(int(size), int(inode), int(modified), int(changed)), Digest(digest))
