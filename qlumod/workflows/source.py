"""Writing source packages of modules: nothing is built, and no privileges are needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.events import Listener
from qlumod.lock.verbs.fetch_locked import fetch_locked
from qlumod.model.names import ModuleName
from qlumod.package.source_package import source_package
from qlumod.workflows.build import named_modules, ordered
from qlumod.workflows.package import source_plan
from qlumod.workflows.predecessors import require_predecessors
from qlumod.workflows.workplace import Workplace


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSource:
    """The source package of one module."""

    module: ModuleName
    name: str
    version: str
    files: tuple[Path, ...] = ()
    """The .changes last; none if it was only planned."""


def source(
    place: Workplace,
    modules: Sequence[str],
    *,
    output: Path,
    with_packages: bool = False,
    dry_run: bool = False,
    listen: Listener,
) -> tuple[WrittenSource, ...]:
    """Write the source packages of modules into `output`; without names, of all modules.

    `with_packages` includes the locked .debs; those that the store lacks are fetched.
    """
    project, lock, jobs = ordered(place, modules)
    wanted = named_modules(project, modules)
    debs = place.packages
    require_predecessors(lock, wanted, debs)
    plans = [source_plan(job, debs) for job in jobs if job.spec.module in wanted]
    if with_packages and not dry_run:
        fetch_locked(place, lock, project.release, modules=wanted, compiling=True, listen=listen)
    packages = debs if with_packages else None
    return tuple(
        WrittenSource(
            module=plan.module,
            name=plan.source,
            version=plan.version,
            files=()
            if dry_run
            else source_package(plan, output=output.absolute(), packages=packages, listen=listen),
        )
        for plan in plans
    )
