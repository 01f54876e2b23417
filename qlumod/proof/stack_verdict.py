"""Assembling the stack of some payloads, and comparing it with an installation."""

from collections.abc import Callable, Mapping
from pathlib import Path

from qlumod.events import Listener, Notice, step
from qlumod.model.digests import digest_value
from qlumod.model.names import ModuleName
from qlumod.model.project import Project
from qlumod.packaging.choice import packaging_named, packaging_place
from qlumod.packaging.interfaces import Packaging
from qlumod.proof.any_two import needs_second, told_apart
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


def attributed(
    found: Verdict,
    reference: ScannedTree,
    again: Callable[[], ScannedTree],
    *,
    packaging: Packaging,
    listen: Listener,
) -> Verdict:
    """A verdict that tells differences between any two installations from those of the stack.

    `again` makes a second installation; it is called only if the stack differs from the
    `reference` in what no package ships.
    """
    if not needs_second(found, reference, packaging):
        return found
    listen(Notice(text="they differ: does a second installation differ from the first one, too?"))
    return told_apart(found, reference, again(), packaging)


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
