"""Packaging modules: from payloads to .debs, with the functions that debhelper calls meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qlumod.events import Caution, Listener
from qlumod.layer.cache import payload_path
from qlumod.layer.inputs import documents, read_inputs
from qlumod.layer.job import Job
from qlumod.layer.payload_build import build_payloads, plan_here, plan_jobs, require_means
from qlumod.layer.payload_check import require_agreement
from qlumod.model.lock import Lock
from qlumod.model.names import Digest, ModuleName
from qlumod.package.before import Predecessor, read_texts
from qlumod.package.changelog import transparency
from qlumod.package.deb_build import build_package
from qlumod.package.delivery import Delivery
from qlumod.package.payload_install import install_copyright, install_documents, install_payload
from qlumod.package.source_plan import SourcePlan, payload_depends
from qlumod.packaging.choice import packaging_named
from qlumod.packaging.recorded_tools import other_tools
from qlumod.stack.payload import Payload
from qlumod.system.disk.store import Store
from qlumod.system.disk.workshop import Workshop
from qlumod.workflows.predecessors import known_predecessor


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """A payload in a package's build directory."""

    payload: Payload
    """The payload that was copied."""
    substvars: Mapping[str, str]
    """The substitution variables for debhelper (deb-substvars(5))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePackage:
    """The content of an unpacked source package of modules."""

    inputs: Path
    """Its documents: ``debian/qlumod``."""
    brought: Sequence[Path] = ()
    """The directories with locked .debs in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildDirectory:
    """The directory of a binary package's files."""

    package: str
    directory: Path


def package_module(
    job: Job,
    payload: Payload,
    workshop: Workshop,
    *,
    to: Delivery,
    listen: Listener,
) -> tuple[Path, ...]:
    """Make the packages of a built module; returns the finished files, the .changes last."""
    made = source_plan(job, workshop.store)
    return build_package(
        made, payload, to=to, cache=workshop.cache, check=require_agreement, listen=listen
    )


def source_plan(job: Job, store: Store) -> SourcePlan:
    """The plan of a module's source package."""
    return _plan(job, known_predecessor(job.lock, job.spec.module, store))


def install_module(
    source: SourcePackage,
    module: ModuleName,
    workshop: Workshop,
    *,
    into: BuildDirectory,
    check: bool = True,
    listen: Listener,
) -> Installed:
    """Copy a module into a package's build directory, and build it if the cache lacks it.

    `dh_qlumod` calls this.
    """
    job = read_inputs(source.inputs, module)
    made = _plan(job, _carried(job, source.inputs))
    store = replace(workshop.store, brought=_brought(job.lock, source))
    workshop = replace(workshop, store=store)
    payload = build_payloads(_jobs(job, workshop, listen), workshop, listen=listen)[module]
    copy = install_payload(payload, into.directory)
    if check:
        require_agreement(copy)
    texts = transparency(made, payload.contents)
    install_documents(payload.manifest, texts, into.directory, into.package)
    install_copyright(into.directory, into.package)
    depends = ", ".join(payload_depends(made))
    return Installed(payload=payload, substvars={"qlumod:Depends": depends})


def _jobs(job: Job, workshop: Workshop, listen: Listener) -> tuple[Job, ...]:
    """The jobs for a payload: none, or its build on this host with this host's tools."""
    module, cache = job.spec.module, workshop.cache
    locked = plan_jobs(job.project, job.lock, [module])[-1]
    if payload_path(cache, locked.identity).is_dir():
        return (locked,)
    lock = _of_these_tools(job, listen)
    require_means(plan_jobs(job.project, lock, [module])[-1:], cache=cache)
    return plan_here(job.project, lock, module, workshop)


def _of_these_tools(job: Job, listen: Listener) -> Lock:
    """The lock with this host's tools, so that the result is not taken for the locked one."""
    lock = job.lock
    others = other_tools(lock, job.packaging)
    for line in others:
        listen(Caution(text=f"the layer may come out with other bytes: {line}"))
    return replace(lock, tools=packaging_named(job.packaging).tools()) if others else lock


def _brought(lock: Lock, source: SourcePackage) -> Mapping[Digest, Path]:
    """The locked .debs in these directories, by digest; they are hashed when they are used."""
    return {
        package.sha256: path.absolute()
        for directory in source.brought
        for package in lock.packages
        if (path := directory / package.file_name).is_file()
    }


def _plan(job: Job, before: Predecessor | None) -> SourcePlan:
    return SourcePlan(
        release=job.project.release,
        spec=job.spec,
        lock=job.lock,
        inputs=tuple(sorted(documents(job).items())),
        before=before,
        debs=job.to_make,
    )


def _carried(job: Job, inputs: Path) -> Predecessor | None:
    """The predecessor in a source package; None: its lock names none."""
    locked = job.lock.predecessor_of(job.spec.module)
    if locked is None:
        return None
    return Predecessor(
        module=locked.module,
        version=locked.version,
        texts=read_texts(inputs, locked.module, locked.sha256),
    )
