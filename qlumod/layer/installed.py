"""Payloads that packages have installed here, and whether they are those of a lock."""

from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.layer.job import Below, Job
from qlumod.layer.payload_check import require_whole
from qlumod.model.contents import package_lines
from qlumod.model.payload_paths import payload_home
from qlumod.stack.payload import Payload

SHOWN = 5
"""The most packages that differ from the lock in an error."""


def installed(job: Job, root: Path = Path("/")) -> Below:
    """The installed payload of a job's module, with every byte checked.

    Raises `QlumodError` with the reason if it is missing, damaged, or not the locked one.
    """
    place = root / payload_home(
        job.spec.module, job.lock.flavor, job.lock.architecture, job.lock.version
    )
    if not place.is_dir():
        raise QlumodError(f"{place}: not installed")
    payload = Payload(directory=place)
    require_whole(payload)
    _check_identity(job, payload)
    _check_packages(job, payload)
    return Below(module=job.spec.module, identity=payload.digest, installed=place)


def _check_identity(job: Job, payload: Payload) -> None:
    manifest, place = payload.manifest, payload.directory
    said = (manifest.module, str(manifest.version), manifest.flavor, manifest.architecture)
    lock = job.lock
    if said != (job.spec.module, lock.version, lock.flavor, lock.architecture):
        raise QlumodError(f"{place}: the manifest is that of {' '.join(said)}")
    if manifest.epoch != job.epoch:
        raise QlumodError(
            f"{place}: made of the archives' state at {manifest.epoch}, not at {job.epoch}"
        )
    if manifest.requires != job.spec.requires:
        required = ", ".join(manifest.requires) or "nothing"
        raise QlumodError(f"{place}: the module there requires {required}, which its spec does not")


def _check_packages(job: Job, payload: Payload) -> None:
    there, locked = set(payload.packages), set(package_lines(job.packages))
    if there != locked:
        names = sorted({line.package for line in there ^ locked})
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        raise QlumodError(
            f"{payload.directory}: other packages than the lock has: "
            f"{', '.join(names[:SHOWN])}{more}"
        )
