"""Building modules: what is locked is fetched, built and packaged, each only where it is needed."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener, Notice
from qlumod.layer.build import build_again, payload, plan, require_means, sweep_work
from qlumod.layer.cache import payload_path
from qlumod.layer.job import Job
from qlumod.lock.make import require_tools
from qlumod.model.address import Address
from qlumod.model.lock import Lock
from qlumod.model.manifest import MANIFEST
from qlumod.model.names import ModuleName, module_name
from qlumod.model.project import Project
from qlumod.system.files import file_sum
from qlumod.system.run import require_programs
from qlumod.system.store import Store, store_in
from qlumod.workflows.lock import fetch_locked, locked_project
from qlumod.workflows.package import package_module
from qlumod.workflows.predecessors import Base, fetch_predecessors, require_predecessors


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What became of one module: its payload, its packages, and whether a second build agreed."""

    module: ModuleName
    payload: Path
    packages: tuple[Path, ...] = ()
    """The files of its package build, the .changes last; empty for a module only built upon."""
    differences: tuple[str, ...] = ()
    """How a second build came out otherwise; empty without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What a build would do for one module."""

    module: ModuleName
    identity: str
    action: str
    """``build``, or ``take from the cache``."""


def plan_build(
    specs: Path,
    modules: Sequence[str],
    *,
    cache: Path,
    flavor: str | None = None,
    arch: str | None = None,
) -> tuple[Planned, ...]:
    """Say what `build` would do, without fetching or building anything."""
    _, _, jobs = ordered(specs, modules, flavor, arch)
    return tuple(
        Planned(
            module=job.spec.module,
            identity=job.identity,
            action="take from the cache" if payload_path(cache, job.identity).is_dir() else "build",
        )
        for job in jobs
    )


def build(
    specs: Path,
    modules: Sequence[str],
    *,
    cache: Path,
    store: Path | None = None,
    addresses: Sequence[Address] = (),
    output: Path,
    flavor: str | None = None,
    arch: str | None = None,
    work: Path | None = None,
    processors: int | None = None,
    twice: bool = False,
    lint: bool = True,
    base: Base | None = None,
    listen: Listener,
) -> tuple[Built, ...]:
    """Build modules and put their packages into `output`; no names stand for all modules.

    While a module is built, those before it are packaged. Where a second build comes out
    otherwise, all ends: that module gets no packages, and nothing is built upon it.
    """
    if lint:
        require_programs("lintian")
    project, lock, jobs = ordered(specs, modules, flavor, arch)
    wanted = named(project, modules)
    require_tools(lock)
    require_means(jobs, cache=cache, again=twice)
    debs = store_in(cache, store)
    fetch_predecessors(lock, project.release, wanted, base=base, store=debs, listen=listen)
    require_predecessors(lock, wanted, debs)
    needed = [job.spec.module for job in jobs]
    fetch_locked(
        lock,
        project.release,
        specs=specs,
        cache=cache,
        store=store,
        addresses=addresses,
        modules=needed,
        compiling=twice,
        listen=listen,
    )
    sweep_work(cache, work)
    output = output.absolute()
    built: list[tuple[Job, Path, tuple[str, ...], Future[tuple[Path, ...]]]] = []
    with _beside() as pool:
        for job in jobs:
            made = payload(
                job, store=debs, cache=cache, work=work, processors=processors, listen=listen
            )
            differing = (
                build_again(
                    job, store=debs, cache=cache, work=work, processors=processors, listen=listen
                )
                if twice
                else ()
            )
            packaging = pool.submit(
                _packages,
                job,
                made,
                wanted=() if differing else wanted,
                named=bool(modules),
                store=debs,
                output=output,
                cache=cache,
                lint=lint,
                listen=listen,
            )
            built.append((job, made, differing, packaging))
            if differing:
                break
        raise_faults(_faults(packaging for *_, packaging in built))
        return tuple(
            Built(
                module=job.spec.module,
                payload=made,
                packages=packaging.result(),
                differences=differing,
            )
            for job, made, differing, packaging in built
        )


def _faults(futures: Iterable[Future[tuple[Path, ...]]]) -> Iterator[QlumodError]:
    for future in futures:
        match future.exception():
            case None:
                pass
            case QlumodError() as fault:
                yield fault
            case other:
                raise other


def ordered(
    specs: Path, modules: Sequence[str], flavor: str | None, arch: str | None
) -> tuple[Project, Lock, tuple[Job, ...]]:
    """The project, its lock, and a job for each of the modules and for all that they require."""
    project, lock = locked_project(specs, modules, flavor=flavor, arch=arch)
    return project, lock, plan(project, lock, named(project, modules))


def named(project: Project, modules: Sequence[str]) -> tuple[ModuleName, ...]:
    """The modules of these names; none stand for all."""
    names = tuple(module_name(name) for name in modules)
    return names or tuple(spec.module for spec in project.specs)


def _packages(
    job: Job,
    made: Path,
    *,
    wanted: Sequence[ModuleName],
    named: bool,
    store: Store,
    output: Path,
    cache: Path,
    lint: bool,
    listen: Listener,
) -> tuple[Path, ...]:
    """Package a module; what is published already only if it was named."""
    if job.spec.module not in wanted:
        return ()
    if _is_published(job, made) and not named:
        listen(Notice(text=f"{job.spec.module}: nothing to package, it is published as it is"))
        return ()
    return package_module(
        job, made, store=store, output=output, cache=cache, lint=lint, listen=listen
    )


def _is_published(job: Job, made: Path) -> bool:
    """Whether the lock says so; raises if other bytes are published under the same version.

    The recipe is the same then: what came out otherwise comes of the layers below, or of us.
    """
    publication = job.lock.publication_of(job.spec.module)
    if publication and file_sum(made / MANIFEST).sha256 != publication.manifest:
        module = job.spec.module
        number = dict(job.lock.revisions)[module]
        raise QlumodError(
            f"module {module} has come out otherwise than its published version "
            f"{job.lock.version}-{number}",
            details=(f"it lies in {made}",),
            remedy=f"give it the next version: qlumod lock --raise {module}",
        )
    return publication is not None


@contextmanager
def _beside() -> Iterator[ThreadPoolExecutor]:
    """Workers beside the main one; what waits there is dropped when the main one fails.

    Two: lintian is busy with a large module when the next one is there to be packaged.
    """
    with ThreadPoolExecutor(2) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
