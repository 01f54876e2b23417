"""Building payloads: each once for the same inputs, in namespaces without network."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener, Notice, step
from qlumod.layer.cache import WORK, commit, payload_path
from qlumod.layer.inputs import write_inputs
from qlumod.layer.job import Job
from qlumod.layer.twice import differences
from qlumod.model.lock import Lock
from qlumod.model.names import FlavorName, ModuleName
from qlumod.model.project import Project
from qlumod.model.spec import ModuleSpec, with_requirements
from qlumod.system.archive import frozen_archive
from qlumod.system.namespace import call_inside, require
from qlumod.system.run import require_programs
from qlumod.system.staging import staging, sweep
from qlumod.system.store import Store

Payloads = Mapping[ModuleName, Path]
"""The payload directory of each module, lowest module first."""


def plan(project: Project, lock: Lock, modules: Sequence[ModuleName]) -> tuple[Job, ...]:
    """What has to be there for these modules: a job for each and for all that they require."""
    jobs: dict[ModuleName, Job] = {}
    wanted = with_requirements(modules, project.specs)
    raise_faults(fault for spec in wanted for fault in _not_yet(spec, lock.flavor))
    for spec in wanted:
        below = with_requirements(spec.requires, project.specs)
        jobs[spec.module] = Job(
            spec=spec,
            project=project,
            lock=lock,
            below=tuple((lower.module, jobs[lower.module].identity) for lower in below),
        )
    return tuple(jobs.values())


def require_means(jobs: Sequence[Job], *, cache: Path, again: bool = False) -> None:
    """Raise, before any work, where one of the jobs must be built and nothing can be built here."""
    if again or not all(payload_path(cache, job.identity).is_dir() for job in jobs):
        require()


def _not_yet(spec: ModuleSpec, flavor: FlavorName) -> Iterator[QlumodError]:
    """What a spec may ask for and no build does yet: refused, so that nobody relies on it."""
    if spec.kernel_modules_for(flavor):
        yield QlumodError(
            f"{spec.at('Kernel-Modules')}: this qlumod cannot compile kernel modules yet"
        )
    if spec.restore:
        yield QlumodError(f"{spec.at('Restore')}: this qlumod cannot restore paths yet")


def payload(job: Job, *, store: Store, cache: Path, listen: Listener) -> Path:
    """The payload directory of a job, built where the cache lacks it.

    The payloads of the modules below must be in the cache already.
    """
    identity = job.identity
    ready = payload_path(cache, identity)
    if ready.is_dir():
        listen(Notice(text=f"{job.spec.module}: nothing to build, layer {identity[:12]} is there"))
        return ready
    with step(listen, f"building {job.spec.module}"), staging(cache / WORK, identity) as place:
        # Somebody else may have built it while we waited for the directory.
        if ready.is_dir():
            return ready
        return commit(_built(job, place, store=store, cache=cache, listen=listen), cache, identity)


def build_payloads(
    jobs: Sequence[Job], *, store: Store, cache: Path, listen: Listener
) -> dict[ModuleName, Path]:
    """The payloads of several jobs, what is required first; see `payload`."""
    require_means(jobs, cache=cache)
    sweep(cache / WORK)
    return {job.spec.module: payload(job, store=store, cache=cache, listen=listen) for job in jobs}


def build_again(job: Job, *, store: Store, cache: Path, listen: Listener) -> tuple[str, ...]:
    """Build a payload that the cache has once more, and tell how it came out otherwise.

    What came out otherwise is in the cache no more.
    """
    identity = job.identity
    with (
        step(listen, f"building {job.spec.module} a second time"),
        staging(cache / WORK, identity) as place,
    ):
        again = _built(job, place, store=store, cache=cache, listen=listen)
        found = differences(job.spec.module, payload_path(cache, identity), again)
        if found:
            # Nothing may be made of it: the next build begins anew.
            payload_path(cache, identity).rename(place / "first")
        return found


PROGRAMS = ("setpriv", "unshare", "mount", "mmdebstrap", "mksquashfs", "gpg")
"""What a build needs of the build host, checked before any work."""


def _built(job: Job, place: Path, *, store: Store, cache: Path, listen: Listener) -> Path:
    require_programs(*PROGRAMS)
    archive = frozen_archive(
        job.packages,
        store=store,
        directory=place / "archive",
        architecture=job.lock.architecture,
        epoch=job.epoch,
        listen=listen,
    )
    output = place / "payload"
    output.mkdir(mode=0o755)
    call_inside(
        "qlumod.layer.inside:build",
        {
            "inputs": str(write_inputs(job, place / "inputs")),
            "module": job.spec.module,
            "source": archive.source_line,
            "archive": str(archive.directory),
            "below": [str(payload_path(cache, identity)) for _, identity in job.below],
            "scratch": str(place / "scratch"),
            "output": str(output),
        },
        listen=listen,
    )
    return output
