"""Assembling the stack of some payloads, and comparing it with an installation."""

from collections.abc import Mapping
from pathlib import Path

from qlumod.events import Listener, step
from qlumod.model.digests import digest_value
from qlumod.model.names import ModuleName
from qlumod.model.project import Project
from qlumod.packaging.choice import packaging_named, packaging_place
from qlumod.packaging.interfaces import Packaging
from qlumod.proof.expected import expectations
from qlumod.proof.reference import Installation
from qlumod.proof.scanned_tree import MOST_SCAN, ScannedTree, loaded
from qlumod.proof.verdict import Verdict, verdict
from qlumod.stack.payload import Payload
from qlumod.system.disk.regular_files import read_bytes
from qlumod.system.disk.staging import staging
from qlumod.system.processes.namespace import call_inside


def verdict_of(
    project: Project,
    installation: Installation,
    payloads: Mapping[ModuleName, Payload],
    *,
    reference: ScannedTree,
    work: Path,
    listen: Listener,
) -> Verdict:
    """Assemble the stack of payloads and compare it with an installation of their packages."""
    # As on a head node, an image has the epoch of its newest module.
    epoch = max(installation.lock.epoch_of(name) for name in payloads)
    packaging = packaging_named(installation.packaging)
    stack = stack_tree(payloads, packaging=packaging, epoch=epoch, work=work, listen=listen)
    with step(listen, "comparing"):
        return verdict(
            reference,
            stack,
            expected=expectations(project, installation, tuple(payloads.values())),
            packaging=packaging,
        )


def stack_tree(
    payloads: Mapping[ModuleName, Payload],
    *,
    packaging: Packaging,
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
                "packaging": packaging_place(packaging.name),
                "payloads": places,
                "epoch": epoch,
                "scratch": str(place / "scratch"),
                "output": str(place / "tree.gz"),
            },
            listen=listen,
        )
        return loaded(read_bytes(place / "tree.gz", most=MOST_SCAN))
