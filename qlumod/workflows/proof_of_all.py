"""Proving all modules of a flavor: every pair that an image may have, and the largest sets."""

from collections.abc import Sequence
from pathlib import Path

from qlumod.events import Listener
from qlumod.layer.payload_build import plan_jobs
from qlumod.lock.verbs.fetch_locked import fetch_locked
from qlumod.lock.verbs.lock_files import locked_project
from qlumod.model.names import module_name
from qlumod.model.spec import with_requirements
from qlumod.packaging.recorded_tools import require_tools
from qlumod.proof.design import design
from qlumod.proof.known_permits import permits_of
from qlumod.proof.proved import Proved
from qlumod.proof.proven import about
from qlumod.proof.prover import Prover, results_of
from qlumod.proof.reference import PROOF, UNFINISHED
from qlumod.system.disk.refusals import told
from qlumod.system.disk.staging import sweep
from qlumod.system.processes.namespace import require
from qlumod.workflows.proof import built_payloads
from qlumod.workflows.workplace import Workplace


def verify_all(
    place: Workplace,
    modules: Sequence[str] = (),
    *,
    fresh: bool = False,
    at_once: bool = False,
    listen: Listener,
) -> Proved:
    """Compare every pair of modules and the largest compatible sets with one installation each.

    Without names, all modules are compared. A pair is installed in two steps if that is proven
    equivalent (docs/proof.md); `at_once` installs every pair at once. `fresh` repeats earlier
    comparisons.
    """
    project, lock = locked_project(place, modules)
    asked = tuple(map(module_name, modules)) or tuple(spec.module for spec in project.specs)
    looked_at = with_requirements(asked, project.specs)
    names = tuple(spec.module for spec in looked_at)
    plan_of_all = design(looked_at)
    require()
    require_tools(lock, project.release.packaging_of(lock.flavor))
    fetch_locked(place, lock, project.release, modules=names, listen=listen)
    jobs = plan_jobs(project, lock, names)
    payloads = built_payloads(place.workshop, jobs, listen=listen)
    sweep(place.cache / PROOF / UNFINISHED)
    prover = Prover(
        project=project,
        lock=lock,
        payloads=payloads,
        identities={job.spec.module: job.identity for job in jobs},
        workshop=place.workshop,
        fresh=fresh,
    )
    results = results_of(plan_of_all, prover, at_once=at_once, listen=listen)
    return Proved(
        lock=lock,
        about=about(lock, looked_at, payloads),
        design=plan_of_all,
        results=results,
        permits=permits_of(prover.packaging),
        without=(
            *lock.left_out,
            *((s.module, "not asked for") for s in project.specs if s.module not in names),
        ),
    )


def write_table(table: str, file: Path) -> None:
    """Write the table of pairs into a file; raises `QlumodError`."""
    with told(file):
        file.write_text(table, encoding="utf-8")
