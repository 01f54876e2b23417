"""Building modules: locked packages are fetched, built and packaged, only as far as needed."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

from qlumod.errors import QlumodError, raise_faults, singles
from qlumod.events import Event, Listener, Notice, Proposal
from qlumod.layer.cache import payload_path
from qlumod.layer.job import Job
from qlumod.layer.payload_build import build_again, payload, plan_jobs, require_means, sweep_work
from qlumod.layer.scheduler import Outcome, abreast, usable_processors
from qlumod.lock.rules.module_versions import is_published
from qlumod.lock.verbs.fetch_locked import fetch_locked
from qlumod.lock.verbs.lock_files import locked_project
from qlumod.model.accounts import Accounts
from qlumod.model.lines import lines_of
from qlumod.model.lock import Lock
from qlumod.model.names import ModuleName, module_name
from qlumod.model.project import Project
from qlumod.package.delivery import Delivery
from qlumod.packaging.recorded_tools import require_tools
from qlumod.stack.payload import Payload
from qlumod.state.merged_proposals import merged_stanzas
from qlumod.system.disk.workshop import Workshop
from qlumod.system.processes.programs import require_programs
from qlumod.system.processes.workers import workers
from qlumod.workflows.package import package_module
from qlumod.workflows.predecessors import Base, fetch_predecessors, require_predecessors
from qlumod.workflows.workplace import Workplace

PACKAGERS = 2
"""The least number of modules packaged in parallel: lintian checks one while the next is packed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltModule:
    """The result of one module: its payload, its packages, and a second build's differences."""

    module: ModuleName
    payload: Payload
    packages: tuple[Path, ...] = ()
    """The files of its package build, the .changes last; empty if it is only a requirement."""
    differences: tuple[str, ...] = ()
    """The differences of a second build; empty without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The plan of a build for one module."""

    module: ModuleName
    identity: str
    action: str
    """``build_modules``, or ``take from the cache``."""


def plan_build(place: Workplace, modules: Sequence[str]) -> tuple[Planned, ...]:
    """The plan of `build_modules`, without fetching or building anything."""
    return tuple(
        Planned(module=job.spec.module, identity=job.identity, action=_action(place, job))
        for job in ordered(place, modules)[-1]
    )


def _action(place: Workplace, job: Job) -> str:
    return "take from the cache" if payload_path(place.cache, job.identity).is_dir() else "build"


def build_modules(
    place: Workplace,
    modules: Sequence[str],
    *,
    to: Delivery,
    twice: bool = False,
    base: Base | None = None,
    listen: Listener,
) -> tuple[BuiltModule, ...]:
    """Build modules and package them; without names, all modules.

    Modules are built in parallel, each as soon as its requirements are built, and packaged
    meanwhile. If one fails, the others are finished before the error is raised. If a second build
    differs, that module gets no packages, and no module that requires it is built.
    """
    if to.lint:
        require_programs("lintian")
    project, lock, jobs = ordered(place, modules)
    wanted = named_modules(project, modules)
    require_tools(lock, project.release.packaging_of(lock.flavor))
    require_means(jobs, cache=place.cache, again=twice)
    workshop = place.workshop
    fetch_predecessors(
        lock, project.release, wanted, base=base, store=workshop.store, listen=listen
    )
    require_predecessors(lock, wanted, workshop.store)
    needed = [job.spec.module for job in jobs]
    fetch_locked(place, lock, project.release, modules=needed, compiling=twice, listen=listen)
    sweep_work(workshop)
    packaging = _Packaging(
        wanted=wanted,
        named=bool(modules),
        workshop=workshop,
        to=replace(to, output=to.output.absolute()),
        listen=listen,
    )
    proposals: list[Proposal] = []

    def hear(event: Event) -> None:
        listen(event)
        if isinstance(event, Proposal) and event.stanzas:
            proposals.append(event)

    with workers(max(PACKAGERS, place.processors or usable_processors())) as packagers:

        def make(job: Job, share: int) -> tuple[Payload, Future[tuple[Path, ...]]]:
            made = payload(job, workshop.shared(share), listen=hear)
            if twice:
                _compare_again(job, made, workshop.shared(share), listen=listen)
            return made, packagers.submit(packaging.packages, job, made)

        outcome = abreast(jobs, make, processors=place.processors, listen=listen)
    raise_faults(_with_merged(tuple(_faults(outcome)), proposals, project.accounts))
    return tuple(_built(outcome))


def _with_merged(
    faults: Sequence[QlumodError], proposals: Sequence[Proposal], accounts: Accounts
) -> Iterator[QlumodError]:
    """The errors, those about missing accounts of several modules as one.

    Their builds do not know of each other, and may propose one id twice.
    """
    mended = {proposal.fault for proposal in proposals}
    every = tuple(single for fault in faults for single in singles(fault))
    about = [fault for fault in every if fault.brief in mended]
    if len(about) < 2:
        yield from faults
        return
    yield from (fault for fault in every if fault not in about)
    modules = ", ".join(fault.brief.partition(": ")[0] for fault in about)
    stanzas = merged_stanzas([proposal.stanzas for proposal in proposals], accounts.ids)
    yield QlumodError(
        f"{modules}: {about[0].brief.partition(': ')[2]}",
        details=[line for stanza in stanzas for line in ("", *lines_of(stanza))],
        remedy=about[0].remedy,
    )


def _compare_again(job: Job, made: Payload, workshop: Workshop, *, listen: Listener) -> None:
    """Build a module a second time; raises if the result differs."""
    found = build_again(job, workshop, listen=listen)
    if found:
        raise _Differs(made, found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Packaging:
    """Packages the modules of one build."""

    wanted: Sequence[ModuleName]
    named: bool
    """Whether the modules were named; otherwise they are all modules."""
    workshop: Workshop
    to: Delivery
    listen: Listener

    def packages(self, job: Job, made: Payload) -> tuple[Path, ...]:
        """Package a module; if it is published already, only if it was named."""
        module = job.spec.module
        if module not in self.wanted:
            return ()
        # A build in another profile is a trial: it is never published as that version.
        trial = bool(job.project.release.profile)
        if not trial and _is_published(job, made) and not self.named:
            self.listen(Notice(text=f"{module}: nothing to package, it is published as it is"))
            return ()
        return package_module(job, made, self.workshop, to=self.to, listen=self.listen)


class _Differs(QlumodError):
    """A second build differs: neither the module nor any that requires it is made."""

    def __init__(self, payload: Payload, differences: tuple[str, ...]) -> None:
        super().__init__(
            f"{payload.directory}: a second build came out otherwise", details=differences
        )
        self.payload = payload
        self.differences = differences


def _faults(outcome: Outcome[tuple[Payload, Future[tuple[Path, ...]]]]) -> Iterator[QlumodError]:
    """The errors of building and packaging; that a second build differs is not among them."""
    yield from (fault for fault in outcome.failed.values() if not isinstance(fault, _Differs))
    for _, packaging in outcome.done.values():
        match packaging.exception():
            case None:
                pass
            case QlumodError() as fault:
                yield fault
            case other:
                raise other


def _built(outcome: Outcome[tuple[Payload, Future[tuple[Path, ...]]]]) -> Iterator[BuiltModule]:
    for module in outcome.modules:
        if module in outcome.done:
            made, packaging = outcome.done[module]
            yield BuiltModule(module=module, payload=made, packages=packaging.result())
        elif isinstance(differs := outcome.failed.get(module), _Differs):
            yield BuiltModule(
                module=module, payload=differs.payload, differences=differs.differences
            )


def ordered(place: Workplace, modules: Sequence[str]) -> tuple[Project, Lock, tuple[Job, ...]]:
    """The project, its lock, and a job for each of the modules and for all that they require."""
    project, lock = locked_project(place, modules)
    return project, lock, plan_jobs(project, lock, named_modules(project, modules))


def named_modules(project: Project, modules: Sequence[str]) -> tuple[ModuleName, ...]:
    """The modules of these names; without names, all modules."""
    names = tuple(module_name(name) for name in modules)
    return names or tuple(spec.module for spec in project.specs)


def _is_published(job: Job, made: Payload) -> bool:
    return is_published(job.lock, job.spec.module, manifest=made.digest, made=str(made.directory))
