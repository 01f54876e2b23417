"""Writing source packages of modules: nothing is built, and no right is needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.events import Listener
from qlumod.model.address import Address
from qlumod.model.names import ModuleName
from qlumod.package.source import source_package
from qlumod.system.store import store_in
from qlumod.workflows.build import named, ordered
from qlumod.workflows.lock import fetch_locked
from qlumod.workflows.package import source_plan
from qlumod.workflows.predecessors import require_predecessors


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The source package of one module."""

    module: ModuleName
    name: str
    version: str
    files: tuple[Path, ...] = ()
    """The .changes last; none where it was only planned."""


def source(
    specs: Path,
    modules: Sequence[str],
    *,
    cache: Path,
    store: Path | None = None,
    addresses: Sequence[Address] = (),
    output: Path,
    flavor: str | None = None,
    arch: str | None = None,
    with_packages: bool = False,
    dry_run: bool = False,
    listen: Listener,
) -> tuple[Source, ...]:
    """Write the source packages of modules into `output`; no names stand for all modules.

    `with_packages` lets the locked .debs go along; those that the store lacks are fetched.
    """
    project, lock, jobs = ordered(specs, modules, flavor, arch)
    wanted = named(project, modules)
    debs = store_in(cache, store)
    require_predecessors(lock, wanted, debs)
    plans = [source_plan(job, debs) for job in jobs if job.spec.module in wanted]
    if with_packages and not dry_run:
        fetch_locked(
            lock,
            project.release,
            specs=specs,
            cache=cache,
            store=store,
            addresses=addresses,
            modules=wanted,
            compiling=True,
            listen=listen,
        )
    packages = debs if with_packages else None
    return tuple(
        Source(
            module=plan.module,
            name=plan.source,
            version=plan.version,
            files=()
            if dry_run
            else source_package(plan, output=output.absolute(), packages=packages, listen=listen),
        )
        for plan in plans
    )
