"""Proving that a stack of modules equals one installation of all their packages."""

from collections.abc import Sequence
from dataclasses import replace

from qlumod.events import Listener
from qlumod.layer.job import Job
from qlumod.layer.payload_build import build_payloads, ensure_generated, plan_jobs
from qlumod.lock.verbs.fetch_locked import fetch_locked
from qlumod.lock.verbs.lock_files import locked_project, project_for
from qlumod.model.names import ModuleName, module_name
from qlumod.model.spec import with_requirements
from qlumod.packaging.choice import packaging_named
from qlumod.packaging.recorded_tools import require_tools
from qlumod.proof.design import require_one_stack
from qlumod.proof.proven import about
from qlumod.proof.reference import Installation, reference_tree
from qlumod.proof.stack_verdict import attributed, verdict_of
from qlumod.proof.verdict import Verdict
from qlumod.stack.payload import Payload
from qlumod.system.disk.workshop import Workshop
from qlumod.system.processes.namespace import require
from qlumod.workflows.workplace import Workplace


def verify_stack(
    place: Workplace,
    modules: Sequence[str],
    *,
    fresh: bool = False,
    listen: Listener,
) -> Verdict:
    """Compare the stack of some modules, and of all that they require, with one installation.

    Without names, all modules are in the stack. Payloads that the cache lacks are built first.
    `fresh` installs the reference again.
    """
    asked = tuple(map(module_name, modules))
    # Errors that no lock can mend are reported first.
    require_one_stack(with_requirements(asked, project_for(place)[0].specs))
    project, lock = locked_project(place, modules)
    stacked = with_requirements(asked or [spec.module for spec in project.specs], project.specs)
    require_one_stack(stacked)
    require()
    packaging = project.release.packaging_of(lock.flavor)
    require_tools(lock, packaging)
    installation = Installation(packaging=packaging, lock=lock, specs=stacked)
    names = installation.modules
    fetch_locked(place, lock, project.release, modules=names, listen=listen)
    payloads = built_payloads(place.workshop, plan_jobs(project, lock, names), listen=listen)
    workshop = place.workshop
    reference = reference_tree(installation, workshop, fresh=fresh, listen=listen)
    found = verdict_of(
        project,
        installation,
        payloads,
        reference=reference,
        work=workshop.work,
        listen=listen,
    )
    found = attributed(
        found,
        reference,
        lambda: reference_tree(installation.again, workshop, fresh=fresh, listen=listen),
        packaging=packaging_named(packaging),
        listen=listen,
    )
    return replace(found, about=about(lock, stacked, payloads))


def built_payloads(
    workshop: Workshop, jobs: Sequence[Job], *, listen: Listener
) -> dict[ModuleName, Payload]:
    """The payloads of modules; the store then has all packages for an installation of them."""
    payloads = build_payloads(jobs, workshop, listen=listen)
    # The installation uses the same packages of compiled modules as the layers.
    ensure_generated(jobs, workshop, listen=listen)
    return payloads
