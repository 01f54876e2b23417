"""Proving that a stack of modules equals one installation of all their packages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener, step
from qlumod.layer.job import Job
from qlumod.layer.payload_build import build_payloads, ensure_generated, plan_jobs
from qlumod.lock.verbs.fetch_locked import fetch_locked
from qlumod.lock.verbs.lock_files import locked_project, project_for
from qlumod.model.digests import digest_value
from qlumod.model.lock import Lock
from qlumod.model.manifest import LAYER
from qlumod.model.names import Digest, ModuleName, PackagingName, ReleaseVersion, module_name
from qlumod.model.project import Project
from qlumod.model.proof import About, ProvenModule
from qlumod.model.spec import ModuleSpec, with_requirements
from qlumod.packaging.choice import packaging_named
from qlumod.proof.expected import expectations
from qlumod.proof.reference import Installation, reference_tree
from qlumod.proof.scanned_tree import ScannedTree, loaded
from qlumod.proof.verdict import Verdict, verdict
from qlumod.stack.payload import Payload
from qlumod.system.disk.staging import staging
from qlumod.system.disk.workshop import Workshop
from qlumod.system.processes.namespace import call_inside, require
from qlumod.workflows.workplace import Workplace


def verify_stack(
    place: Workplace,
    modules: Sequence[str],
    *,
    fresh: bool = False,
    listen: Listener,
) -> Verdict:
    """Hold the stack of some modules, and of all that they require, against one installation.

    No names stand for all modules. Payloads that the cache lacks are built first. `fresh` installs
    the reference again.
    """
    asked = tuple(map(module_name, modules))
    # What no lock can mend is told first.
    _check_conflicts(with_requirements(asked, project_for(place)[0].specs))
    project, lock = locked_project(place, modules)
    stacked = with_requirements(asked or [spec.module for spec in project.specs], project.specs)
    _check_conflicts(stacked)
    require()
    installation = Installation(
        packaging=project.release.packaging_of(lock.flavor), lock=lock, specs=stacked
    )
    names = installation.modules
    fetch_locked(place, lock, project.release, modules=names, listen=listen)
    payloads = built_payloads(place.workshop, plan_jobs(project, lock, names), listen=listen)
    workshop = place.workshop
    reference = reference_tree(installation, workshop, fresh=fresh, listen=listen)
    found = verdict_of(
        project, installation, payloads, reference=reference, work=workshop.work, listen=listen
    )
    return replace(found, about=about(lock, stacked, payloads))


def built_payloads(
    workshop: Workshop, jobs: Sequence[Job], *, listen: Listener
) -> dict[ModuleName, Payload]:
    """The payloads of modules, and in the store all packages that an installation of them takes."""
    payloads = build_payloads(jobs, workshop, listen=listen)
    # The installation gets the same packages of compiled modules as the layers.
    ensure_generated(jobs, workshop, listen=listen)
    return payloads


def about(lock: Lock, specs: Iterable[ModuleSpec], payloads: Mapping[ModuleName, Payload]) -> About:
    """Name the modules that a proof is about, and their bytes."""
    return About(
        release=ReleaseVersion.parse(lock.version),
        flavor=lock.flavor,
        architecture=lock.architecture,
        modules=tuple(_proven(spec, lock, payloads[spec.module]) for spec in specs),
    )


def _proven(spec: ModuleSpec, lock: Lock, payload: Payload) -> ProvenModule:
    layer = payload.manifest.file(LAYER)
    return ProvenModule(
        module=spec.module,
        version=f"{lock.version}-{dict(lock.revisions).get(spec.module, 1)}",
        title=spec.title,
        layer=layer.sha256 if layer else Digest(""),
        payload=payload.digest,
    )


def verdict_of(
    project: Project,
    installation: Installation,
    payloads: Mapping[ModuleName, Payload],
    *,
    reference: ScannedTree,
    work: Path,
    listen: Listener,
) -> Verdict:
    """Assemble the stack of some payloads and hold it against an installation of their packages."""
    # As on a head node, an image has the time of its newest module.
    epoch = max(installation.lock.epoch_of(name) for name in payloads)
    packaging = installation.packaging
    stack = stack_tree(payloads, packaging=packaging, epoch=epoch, work=work, listen=listen)
    with step(listen, "comparing"):
        return verdict(
            reference,
            stack,
            expected=expectations(project, installation, tuple(payloads.values())),
            kinds=packaging_named(packaging).state.kinds,
        )


def _check_conflicts(specs: Sequence[ModuleSpec]) -> None:
    names = {spec.module for spec in specs}
    raise_faults(
        QlumodError(
            f"modules {spec.module} and {other} exclude each other: no stack has both",
            remedy="name the modules of one stack",
        )
        for spec in specs
        for other in sorted(names.intersection(spec.conflicts))
    )


def stack_tree(
    payloads: Mapping[ModuleName, Payload],
    *,
    packaging: PackagingName,
    epoch: int,
    work: Path,
    listen: Listener,
) -> ScannedTree:
    """Assemble a stack in `work` and scan it."""
    places = [str(payload.directory) for payload in payloads.values()]
    with staging(work, f"proof-{digest_value(places)}") as place:
        call_inside(
            "qlumod.proof.inside:stack",
            {
                "packaging": packaging_named(packaging).place,
                "payloads": places,
                "epoch": epoch,
                "scratch": str(place / "scratch"),
                "output": str(place / "tree.gz"),
            },
            listen=listen,
        )
        return loaded((place / "tree.gz").read_bytes())
