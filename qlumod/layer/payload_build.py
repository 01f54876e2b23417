"""Building payloads: each once for the same inputs, in namespaces without network."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener, Notice, step, within
from qlumod.layer.cache import commit_payload, payload_path
from qlumod.layer.compile import compiled_otherwise, ensure_compiled, needed
from qlumod.layer.installed import installed
from qlumod.layer.job import Below, Job
from qlumod.layer.reproducibility import differing_paths
from qlumod.layer.scheduler import abreast
from qlumod.layer.task import make_inside
from qlumod.model.lock import Lock
from qlumod.model.names import ModuleName
from qlumod.model.project import Project
from qlumod.model.spec import with_requirements
from qlumod.packaging.choice import packaging_named
from qlumod.packaging.recorded_tools import require_tools
from qlumod.stack.payload import Payload
from qlumod.system.disk.staging import staging, sweep
from qlumod.system.disk.workshop import WORK, Workshop
from qlumod.system.processes.namespace import require
from qlumod.system.processes.programs import require_programs

SHOWN = 5
"""The most missing packages that an error names."""


def plan_jobs(
    project: Project, lock: Lock, modules: Sequence[ModuleName], *, there: Iterable[Below] = ()
) -> tuple[Job, ...]:
    """The jobs of these modules and of all that they require.

    `there` are payloads that exist already: they get no job.
    """
    lower = {below.module: below for below in there}
    jobs: list[Job] = []
    wanted = with_requirements(modules, project.specs)
    for spec in wanted:
        if spec.module not in lower:
            below = with_requirements(spec.requires, project.specs)
            job = Job(
                spec=spec,
                project=project,
                lock=lock,
                below=tuple(lower[required.module] for required in below),
            )
            lower[spec.module] = Below(module=spec.module, identity=job.identity)
            jobs.append(job)
    return tuple(jobs)


def plan_here(
    project: Project,
    lock: Lock,
    module: ModuleName,
    workshop: Workshop,
    *,
    root: Path = Path("/"),
) -> tuple[Job, ...]:
    """The jobs for making one module's payload on this machine, its own job last.

    A payload that it requires comes from the cache, else from its package's installation below
    `root`, else it is built. Raises if packages are missing for that, before any work.
    """
    cache = workshop.cache
    *lower, last = plan_jobs(project, lock, [module])
    if payload_path(cache, last.identity).is_dir():
        return (last,)
    there: list[Below] = []
    reasons: dict[ModuleName, str] = {}
    for job in lower:
        try:
            there.append(_cached(job, cache) or installed(job, root))
        except QlumodError as reason:
            reasons[job.spec.module] = str(reason)
    jobs = plan_jobs(project, lock, [module], there=there)
    raise_faults(_missing(jobs, reasons, workshop))
    return jobs


def _cached(job: Job, cache: Path) -> Below | None:
    identity = job.identity
    there = payload_path(cache, identity).is_dir()
    return Below(module=job.spec.module, identity=identity) if there else None


def _missing(
    jobs: Sequence[Job], reasons: Mapping[ModuleName, str], workshop: Workshop
) -> Iterator[QlumodError]:
    """An error for each module that can neither be found nor built."""
    store = workshop.store
    for job in jobs:
        packages = needed(job, store)
        absent = [package for package in packages if not store.has(package.sha256)]
        if not absent or payload_path(workshop.cache, job.identity).is_dir():
            continue
        module, asker = job.spec.module, jobs[-1].spec.module
        lacking = (
            f"the package store {store.root} lacks {len(absent)} of its {len(packages)} packages"
        )
        if job is jobs[-1]:
            yield QlumodError(
                f"cannot build {module}: {lacking}",
                details=[f"{package.package} {package.version}" for package in absent[:SHOWN]],
                remedy="set QLUMOD_STORE to a store that `qlumod fetch` has filled, or take the "
                "source package that `qlumod source --with-packages` writes",
            )
        else:
            yield QlumodError(
                f"cannot build {asker}, which stands on {module}: there is no layer of {module}",
                details=[reasons[module], lacking],
                remedy=f"install the package of {module} that the source package Build-Depends on, "
                "or set QLUMOD_STORE to a store that `qlumod fetch` has filled",
            )


def require_means(jobs: Sequence[Job], *, cache: Path, again: bool = False) -> None:
    """Raise, before any work, if one of the jobs must be built and this host cannot build it."""
    missing = [job for job in jobs if again or not payload_path(cache, job.identity).is_dir()]
    if missing:
        require_tools(missing[0].lock, missing[0].packaging)
        require(number for job in jobs for number in job.accounts.ids)


def payload(job: Job, workshop: Workshop, *, listen: Listener) -> Payload:
    """The payload of a job, built if the cache lacks it.

    The payloads of the modules below must exist already.
    """
    identity = job.identity
    ready = Payload(directory=payload_path(workshop.cache, identity))
    if ready.directory.is_dir():
        listen(Notice(text=f"{job.spec.module}: nothing to build, layer {identity[:12]} is there"))
        return ready
    with (
        step(listen, f"building {job.spec.module}", id="building-a-module"),
        staging(workshop.work, identity) as place,
    ):
        # Another process may have built it while this one waited for the directory.
        if ready.directory.is_dir():
            return ready
        commit_payload(_built(job, place, workshop, listen=listen), workshop.cache, identity)
        return ready


def build_payloads(
    jobs: Sequence[Job], workshop: Workshop, *, listen: Listener
) -> dict[ModuleName, Payload]:
    """The payloads of several jobs, built in parallel if possible; see `payload`."""
    require_means(jobs, cache=workshop.cache)
    sweep_work(workshop)

    def make(job: Job, share: int) -> Payload:
        return payload(job, workshop.shared(share), listen=listen)

    made = abreast(jobs, make, processors=workshop.processors, listen=listen).whole()
    return {job.spec.module: made[job.spec.module] for job in jobs}


def sweep_work(workshop: Workshop) -> None:
    """Remove the files of killed builds."""
    for place in {workshop.cache / WORK, workshop.work}:
        sweep(place)


def build_again(job: Job, workshop: Workshop, *, listen: Listener) -> tuple[str, ...]:
    """Build a payload of the cache once more, and list the differences.

    A payload that differs is removed from the cache.
    """
    identity = job.identity
    first = Payload(directory=payload_path(workshop.cache, identity))
    with (
        step(listen, f"building {job.spec.module} a second time", id="building-a-second-time"),
        staging(workshop.work, identity) as place,
    ):
        otherwise = compiled_otherwise(job, place / "compile", workshop, listen=listen)
        again = Payload(directory=_built(job, place, workshop, listen=listen))
        found = (*otherwise, *differing_paths(first, again))
        if found:
            # It must not be used any more: the next build starts from the beginning.
            with staging(workshop.cache / WORK, f"{identity}-first") as away:
                first.directory.rename(away / "first")
        return found


PROGRAMS = (
    "bwrap",
    "mksquashfs",
    "mount",
    "prlimit",
    "setpriv",
    "unshare",
    "unsquashfs",
)
"""The programs of the build host besides those of its installer, checked before any work."""


def ensure_generated(jobs: Sequence[Job], workshop: Workshop, *, listen: Listener) -> None:
    """Make the jobs' generated packages that the store lacks, even if their payloads exist."""
    for job in jobs:
        if any(workshop.store.generated(package.sha256) is None for package in job.generated):
            with staging(workshop.work, job.identity) as place:
                ensure_compiled(
                    job, place / "compile", workshop, listen=within(listen, job.spec.module)
                )


def _built(job: Job, place: Path, workshop: Workshop, *, listen: Listener) -> Path:
    require_programs(*sorted({*PROGRAMS, *packaging_named(job.packaging).installer.programs}))
    listen = within(listen, job.spec.module)
    ensure_compiled(job, place / "compile", workshop, listen=listen)
    output = place / "payload"
    make_inside(
        "qlumod.layer.inside:build_layer_inside",
        job,
        (*job.packages, *job.restoring),
        output=output,
        workshop=workshop,
        listen=listen,
    )
    return output
