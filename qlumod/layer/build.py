"""Building payloads: each once for the same inputs, in namespaces without network."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener, Notice, step, within
from qlumod.layer.abreast import abreast
from qlumod.layer.cache import WORK, commit, payload_path, work_in
from qlumod.layer.compile import compiled_otherwise, ensure_compiled, needed
from qlumod.layer.inputs import write_inputs
from qlumod.layer.installed import installed
from qlumod.layer.job import Below, Job
from qlumod.layer.twice import differences
from qlumod.model.lock import Lock
from qlumod.model.names import ModuleName
from qlumod.model.project import Project
from qlumod.model.spec import with_requirements
from qlumod.stack.payload import Payload
from qlumod.system.archive import frozen_archive
from qlumod.system.namespace import call_inside, require
from qlumod.system.run import require_programs
from qlumod.system.staging import staging, sweep
from qlumod.system.store import Store

SHOWN = 5
"""How many missing packages an error names."""


def plan(
    project: Project, lock: Lock, modules: Sequence[ModuleName], *, there: Iterable[Below] = ()
) -> tuple[Job, ...]:
    """What has to be there for these modules: a job for each and for all that they require.

    `there` are payloads that are there already: no job makes them.
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
    *,
    store: Store,
    cache: Path,
    root: Path = Path("/"),
) -> tuple[Job, ...]:
    """What makes one module's payload on this machine, its own job last.

    A payload that it stands upon comes from the cache, else from where a package has installed it
    below `root`, else it is built. Raises where packages are missing for that, before any work.
    """
    *lower, last = plan(project, lock, [module])
    if payload_path(cache, last.identity).is_dir():
        return (last,)
    there: list[Below] = []
    reasons: dict[ModuleName, str] = {}
    for job in lower:
        try:
            there.append(_cached(job, cache) or installed(job, root))
        except QlumodError as reason:
            reasons[job.spec.module] = str(reason)
    jobs = plan(project, lock, [module], there=there)
    raise_faults(_missing(jobs, reasons, store=store, cache=cache))
    return jobs


def _cached(job: Job, cache: Path) -> Below | None:
    identity = job.identity
    there = payload_path(cache, identity).is_dir()
    return Below(module=job.spec.module, identity=identity) if there else None


def _missing(
    jobs: Sequence[Job], reasons: Mapping[ModuleName, str], *, store: Store, cache: Path
) -> Iterator[QlumodError]:
    """An error for each module that there is nothing to make of."""
    for job in jobs:
        packages = needed(job, store)
        absent = [package for package in packages if not store.has(package.sha256)]
        if not absent or payload_path(cache, job.identity).is_dir():
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
    """Raise, before any work, where one of the jobs must be built and nothing can be built here."""
    if again or not all(payload_path(cache, job.identity).is_dir() for job in jobs):
        require(number for job in jobs for number in job.accounts.ids)


def payload(
    job: Job,
    *,
    store: Store,
    cache: Path,
    work: Path | None = None,
    processors: int | None = None,
    listen: Listener,
) -> Payload:
    """The payload of a job, built where the cache lacks it.

    The payloads of the modules below must be there already. `work` is where it is built (None: in
    the cache), and `processors` how many work at it (None: all); neither changes a byte.
    """
    identity = job.identity
    ready = payload_path(cache, identity)
    if ready.is_dir():
        listen(Notice(text=f"{job.spec.module}: nothing to build, layer {identity[:12]} is there"))
        return Payload(directory=ready)
    with (
        step(listen, f"building {job.spec.module}"),
        staging(work_in(cache, work), identity) as place,
    ):
        # Somebody else may have built it while we waited for the directory.
        if ready.is_dir():
            return Payload(directory=ready)
        made = _built(job, place, store=store, cache=cache, processors=processors, listen=listen)
        return Payload(directory=commit(made, cache, identity))


def build_payloads(
    jobs: Sequence[Job],
    *,
    store: Store,
    cache: Path,
    work: Path | None = None,
    processors: int | None = None,
    listen: Listener,
) -> dict[ModuleName, Payload]:
    """The payloads of several jobs, built side by side as far as they can be; see `payload`."""
    require_means(jobs, cache=cache)
    sweep_work(cache, work)

    def make(job: Job, share: int) -> Payload:
        return payload(job, store=store, cache=cache, work=work, processors=share, listen=listen)

    made = abreast(jobs, make, processors=processors, listen=listen).whole()
    return {job.spec.module: made[job.spec.module] for job in jobs}


def sweep_work(cache: Path, work: Path | None) -> None:
    """Remove what killed builds left."""
    for place in {cache / WORK, work_in(cache, work)}:
        sweep(place)


def build_again(
    job: Job,
    *,
    store: Store,
    cache: Path,
    work: Path | None = None,
    processors: int | None = None,
    listen: Listener,
) -> tuple[str, ...]:
    """Build a payload that the cache has once more, and tell how it came out otherwise.

    What came out otherwise is in the cache no more.
    """
    identity = job.identity
    first = Payload(directory=payload_path(cache, identity))
    with (
        step(listen, f"building {job.spec.module} a second time"),
        staging(work_in(cache, work), identity) as place,
    ):
        below = _below(job, cache)
        otherwise = compiled_otherwise(
            job, below, place / "compile", store=store, processors=processors, listen=listen
        )
        again = Payload(
            directory=_built(
                job, place, store=store, cache=cache, processors=processors, listen=listen
            )
        )
        found = (*otherwise, *differences(first, again))
        if found:
            # Nothing may be made of it: the next build begins anew.
            with staging(cache / WORK, f"{identity}-first") as away:
                first.directory.rename(away / "first")
        return found


PROGRAMS = (
    "bwrap",
    "gpg",
    "mksquashfs",
    "mmdebstrap",
    "mount",
    "prlimit",
    "setpriv",
    "unshare",
    "unsquashfs",
)
"""What a build needs of the build host, checked before any work."""


def ensure_generated(
    jobs: Sequence[Job],
    *,
    store: Store,
    cache: Path,
    work: Path | None = None,
    processors: int | None = None,
    listen: Listener,
) -> None:
    """See that the store has what the jobs generate, also where their payloads are there."""
    for job in jobs:
        if any(store.generated(package.sha256) is None for package in job.generated):
            with staging(work_in(cache, work), job.identity) as place:
                ensure_compiled(
                    job,
                    _below(job, cache),
                    place / "compile",
                    store=store,
                    processors=processors,
                    listen=within(listen, job.spec.module),
                )


def _below(job: Job, cache: Path) -> tuple[Path, ...]:
    return tuple(lower.installed or payload_path(cache, lower.identity) for lower in job.below)


def _built(
    job: Job,
    place: Path,
    *,
    store: Store,
    cache: Path,
    processors: int | None = None,
    listen: Listener,
) -> Path:
    require_programs(*PROGRAMS)
    listen = within(listen, job.spec.module)
    below = _below(job, cache)
    ensure_compiled(
        job, below, place / "compile", store=store, processors=processors, listen=listen
    )
    archive = frozen_archive(
        (*job.packages, *job.restoring),
        store=store,
        directory=place / "archive",
        architecture=job.lock.architecture,
        # mmdebstrap looks for the essential packages in the suite that it is told to install.
        suite=job.lock.flavor,
        epoch=job.epoch,
        processors=processors,
        listen=listen,
    )
    output = place / "payload"
    output.mkdir(mode=0o755)
    call_inside(
        "qlumod.layer.inside:build",
        {
            "inputs": str(write_inputs(job, place / "inputs")),
            "module": job.spec.module,
            "archive": archive.document,
            "below": [str(payload) for payload in below],
            "scratch": str(place / "scratch"),
            "output": str(output),
            "processors": processors,
        },
        listen=listen,
    )
    return output
