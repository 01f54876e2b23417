"""Finding the payloads that dpkg has put on a head node, and telling whether they are whole."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Caution, Listener
from qlumod.head.known import Known, digests_of
from qlumod.head.places import Places
from qlumod.model.lines import lines_of
from qlumod.model.manifest import LAYER, Manifest, PayloadFile, parse_manifest
from qlumod.model.names import (
    ArchName,
    FlavorName,
    ModuleName,
    ReleaseVersion,
    arch_name,
    flavor_name,
    module_name,
)
from qlumod.model.payload import MANIFEST
from qlumod.model.registry import Registered, Status
from qlumod.system.documents import read_document


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """A payload directory; what its path says of it is known even when its manifest is lost."""

    directory: Path
    module: ModuleName
    flavor: FlavorName
    architecture: ArchName
    version: ReleaseVersion


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
    manifest = parse_manifest(read_document(path), str(path))
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
    now = digests_of(files, known, listen)
    return tuple(_registered(p, manifests[p], now) for p in payloads), now


def _manifest_or_fault(payload: Payload) -> Manifest | QlumodError:
    try:
        return read_manifest(payload)
    except QlumodError as fault:
        return fault


def _registered(payload: Payload, manifest: Manifest | QlumodError, now: Known) -> Registered:
    if isinstance(manifest, QlumodError):
        return _entry(payload, None, problem=lines_of(manifest.brief)[0])
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
