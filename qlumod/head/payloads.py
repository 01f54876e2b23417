"""Finding the payloads that dpkg installed on a head node, and checking them for damage."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Caution, Listener
from qlumod.head.known_digests import KnownDigests, digests_of
from qlumod.head.places import Places
from qlumod.model.lines import lines_of
from qlumod.model.manifest import LAYER, Manifest, PayloadFile
from qlumod.model.names import (
    ArchName,
    FlavorName,
    ModuleName,
    ReleaseVersion,
    arch_name,
    flavor_name,
    module_name,
)
from qlumod.model.payload_paths import MANIFEST
from qlumod.model.registry import Registered, Status
from qlumod.stack.payload import Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The directory of a payload, and the key in its path, known even if the manifest is lost."""

    directory: Path
    module: ModuleName
    flavor: FlavorName
    architecture: ArchName
    version: ReleaseVersion


def find_payloads(places: Places, listen: Listener) -> tuple[Home, ...]:
    """All payload directories, sorted; other directories in the tree are reported and skipped."""
    found = []
    for directory in _candidates(places.modules):
        try:
            found.append(_home(directory, places.modules))
        except QlumodError as fault:
            listen(Caution(text=f"{places.payload(directory)} is no payload: {fault.brief}"))
    return tuple(found)


def _candidates(top: Path) -> Iterator[Path]:
    # dpkg leaves directories that contain foreign files; empty ones are skipped.
    for directory in sorted(top.glob("*/*/*/*/")):
        if any(directory.iterdir()):
            yield directory


def _home(directory: Path, top: Path) -> Home:
    module, flavor, architecture, version = directory.relative_to(top).parts
    return Home(
        directory=directory,
        module=module_name(module),
        flavor=flavor_name(flavor),
        architecture=arch_name(architecture),
        version=ReleaseVersion.parse(version),
    )


def home_of(places: Places, entry: Registered) -> Home:
    """The directory of a registered module's payload."""
    module, flavor, architecture, version = entry.key
    return Home(
        directory=places.modules / module / flavor / architecture / str(version),
        module=module,
        flavor=flavor,
        architecture=architecture,
        version=version,
    )


def payload_in(home: Home) -> Payload:
    """The payload in a directory; raises if its manifest is of another module."""
    payload = Payload(directory=home.directory)
    manifest, path = payload.manifest, home.directory / MANIFEST
    said = (manifest.module, manifest.flavor, manifest.architecture, manifest.version)
    if said != (home.module, home.flavor, home.architecture, home.version):
        raise QlumodError(f"{path} is the manifest of another module: {' '.join(map(str, said))}")
    if manifest.file(LAYER) is None:
        raise QlumodError(f"{path}: Files: names no {LAYER}")
    return payload


def verified(
    homes: tuple[Home, ...], known: KnownDigests, listen: Listener
) -> tuple[tuple[Registered, ...], KnownDigests]:
    """Read changed payload files; returns the registry entry of each payload, and new digests."""
    payloads = {home: _payload_or_fault(home) for home in homes}
    files = [
        home.directory / file.path
        for home, payload in payloads.items()
        if isinstance(payload, Payload)
        for file in payload.manifest.files
    ]
    now = digests_of(files, known, listen)
    return tuple(_registered(home, payloads[home], now) for home in homes), now


def _payload_or_fault(home: Home) -> Payload | QlumodError:
    try:
        return payload_in(home)
    except QlumodError as fault:
        return fault


def _registered(home: Home, payload: Payload | QlumodError, now: KnownDigests) -> Registered:
    if isinstance(payload, QlumodError):
        return _entry(home, None, problem=lines_of(payload.brief)[0])
    faults = [
        f"{file.path} {fault}"
        for file in payload.manifest.files
        if (fault := _fault(file, home.directory / file.path, now))
    ]
    return _entry(home, payload.manifest, problem="; ".join(faults))


def _fault(file: PayloadFile, path: Path, now: KnownDigests) -> str:
    found = now.get(str(path))
    if found is None:
        return "is missing" if not os.path.lexists(path) else "cannot be read"
    look, digest = found
    if look.size != file.size:
        return f"has {look.size} bytes instead of {file.size}"
    return "" if digest == file.sha256 else "is damaged: its SHA-256 is not the manifest's"


def _entry(home: Home, manifest: Manifest | None, *, problem: str) -> Registered:
    layer = manifest.file(LAYER) if manifest else None
    return Registered(
        module=home.module,
        version=home.version,
        flavor=home.flavor,
        architecture=home.architecture,
        title=manifest.title if manifest else "",
        stack_group=manifest.stack_group if manifest else "",
        size=sum(file.size for file in manifest.files) if manifest else 0,
        layer=layer.sha256 if layer else None,
        status=Status.DAMAGED if problem else Status.OK,
        problem=problem,
    )
