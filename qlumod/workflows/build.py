"""Building modules: what is locked is fetched, built and packaged, each only where it is needed."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qlumod.events import Listener
from qlumod.layer.build import build_again, payload, plan, require_means
from qlumod.layer.cache import WORK, payload_path
from qlumod.layer.job import Job
from qlumod.lock.make import require_tools
from qlumod.model.address import Address
from qlumod.model.lock import Lock
from qlumod.model.names import ModuleName, module_name
from qlumod.model.project import Project
from qlumod.model.spec import with_requirements
from qlumod.system.run import require_programs
from qlumod.system.staging import sweep
from qlumod.system.store import Store, store_in
from qlumod.workflows.lock import fetch_locked, fresh_lock, project_for
from qlumod.workflows.package import package_module
from qlumod.workflows.predecessors import require_predecessors


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
    twice: bool = False,
    lint: bool = True,
    listen: Listener,
) -> tuple[Built, ...]:
    """Build modules and put their packages into `output`; no names stand for all modules.

    While a module is built, the one before it is packaged. Where a second build comes out
    otherwise, all ends: that module gets no packages, and nothing is built upon it.
    """
    if lint:
        require_programs("lintian")
    project, lock, jobs = ordered(specs, modules, flavor, arch)
    wanted = named(project, modules)
    require_tools(lock)
    require_means(jobs, cache=cache, again=twice)
    debs = store_in(cache, store)
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
        listen=listen,
    )
    sweep(cache / WORK)
    output = output.absolute()
    built: list[tuple[Job, Path, tuple[str, ...], Future[tuple[Path, ...]]]] = []
    with _beside() as pool:
        for job in jobs:
            made = payload(job, store=debs, cache=cache, listen=listen)
            differing = build_again(job, store=debs, cache=cache, listen=listen) if twice else ()
            packaging = pool.submit(
                _packages,
                job,
                made,
                wanted=() if differing else wanted,
                store=debs,
                output=output,
                cache=cache,
                lint=lint,
                listen=listen,
            )
            built.append((job, made, differing, packaging))
            if differing:
                break
        return tuple(
            Built(
                module=job.spec.module,
                payload=made,
                packages=packaging.result(),
                differences=differing,
            )
            for job, made, differing, packaging in built
        )


def ordered(
    specs: Path, modules: Sequence[str], flavor: str | None, arch: str | None
) -> tuple[Project, Lock, tuple[Job, ...]]:
    """The project, its lock, and a job for each of the modules and for all that they require."""
    project, wanted = project_for(specs, flavor, arch)
    lock = fresh_lock(specs, project, wanted)
    return project, lock, plan(project, lock, named(project, modules))


def named(project: Project, modules: Sequence[str]) -> tuple[ModuleName, ...]:
    """The modules of these names; none stand for all."""
    names = tuple(module_name(name) for name in modules)
    with_requirements(names, project.specs)
    return names or tuple(spec.module for spec in project.specs)


def _packages(
    job: Job,
    made: Path,
    *,
    wanted: Sequence[ModuleName],
    store: Store,
    output: Path,
    cache: Path,
    lint: bool,
    listen: Listener,
) -> tuple[Path, ...]:
    if job.spec.module not in wanted:
        return ()
    return package_module(
        job, made, store=store, output=output, cache=cache, lint=lint, listen=listen
    )


@contextmanager
def _beside() -> Iterator[ThreadPoolExecutor]:
    """One worker beside the main one; what waits there is dropped when the main one fails."""
    with ThreadPoolExecutor(1) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
