"""Showing modules: the data of spec and lock for each, and the size of its layer if it is built."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.layer.cache import payload_path
from qlumod.layer.job import Job
from qlumod.model.lock import LockedPackage
from qlumod.model.manifest import Manifest
from qlumod.model.spec import ModuleSpec
from qlumod.package.room import Room, room
from qlumod.stack.payload import Payload
from qlumod.system.disk.squashfs_sizes import stored_sizes
from qlumod.workflows.build import named_modules, ordered
from qlumod.workflows.workplace import Workplace


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownModule:
    """One module: its spec, its locked packages, and its payload."""

    spec: ModuleSpec
    version: str
    """Of its package: ``14.0.0-1``."""
    flavor: str
    architecture: str
    packages: tuple[LockedPackage, ...]
    identity: str
    """The digest of all inputs of its layer."""
    payload: Path | None
    """Its directory in the cache; None: it is not built."""
    manifest: Manifest | None
    room: Room | None
    """The sizes of the parts of its layer, if requested."""


def show_modules(
    place: Workplace,
    modules: Sequence[str],
    *,
    sizes: bool = False,
) -> tuple[ShownModule, ...]:
    """The known data of modules, without building anything; without names, all modules.

    `sizes` requests the sizes of the parts of their layers, which must be built.
    """
    project, _, jobs = ordered(place, modules)
    wanted = named_modules(project, modules)
    return tuple(_shown(job, place.cache, sizes=sizes) for job in jobs if job.spec.module in wanted)


def _shown(job: Job, cache: Path, *, sizes: bool) -> ShownModule:
    module, lock, place = job.spec.module, job.lock, payload_path(cache, job.identity)
    payload = Payload(directory=place) if place.is_dir() else None
    if sizes and payload is None:
        raise QlumodError(
            f"{module} is not built: there is no layer to measure",
            remedy=f"build it: qlumod build {module}",
        )
    return ShownModule(
        spec=job.spec,
        version=f"{lock.version}-{dict(lock.revisions)[module]}",
        flavor=lock.flavor,
        architecture=lock.architecture,
        packages=job.packages,
        identity=job.identity,
        payload=place if payload else None,
        manifest=payload.manifest if payload else None,
        room=_room(payload) if sizes and payload else None,
    )


def _room(payload: Payload) -> Room:
    layer = payload.layer
    return room(layer.stat().st_size, stored_sizes(layer), payload.contents)
