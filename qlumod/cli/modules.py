"""qlumod modules: list the modules that this head node has, or that apt offers to it."""

from itertools import groupby
from pathlib import Path

import click

from qlumod.cli import options
from qlumod.cli.module_offers import offer_document, offer_lines
from qlumod.cli.screen import Reporter
from qlumod.cli.wording import columns, size
from qlumod.head.places import Places
from qlumod.head.verbs.available_modules import available_modules
from qlumod.head.verbs.catalogue import CatalogueEntry, catalogue
from qlumod.head.verbs.modules import group_order
from qlumod.model.registry import Registered, Registry

UNGROUPED = "Damaged"
"""The heading of modules of which not even the stack group is known."""


@options.verb(examples=["qlumod modules", "qlumod modules --json", "qlumod modules --available"])
@click.option(
    "--available",
    is_flag=True,
    help="List the modules that apt offers and that are not installed, or newer.",
)
@click.option(
    "--older",
    is_flag=True,
    help="With --available: list also older versions that are not installed.",
)
@options.root
@options.reports()
def command(*, available: bool, older: bool, root: Path, reporter: Reporter) -> None:
    """List the modules of this head node, by stack group.

    `qlumod register` writes this list. A damaged module is listed with the reason, and is used in
    no image.

    With --available, the modules that apt's configured sources offer, as of the last `apt update`:
    those that are not installed, and those that are newer than what is installed, each with the
    size of the download, the size on disk, and the command that installs it. Any user can do this,
    without a network.
    """
    if older and not available:
        raise click.UsageError("--older needs --available")
    if available:
        offers = available_modules(Places(root), older=older)
        reporter.result({"available": [offer_document(one) for one in offers]}, offer_lines(offers))
        return
    found = catalogue(Places(root))
    registry = tuple(one.entry for one in found)
    reporter.result(
        {
            "stack_groups": group_order(registry),
            "modules": [catalogue_document(one) for one in found],
        },
        _lines(registry),
    )


def module_document(entry: Registered) -> dict[str, object]:
    """What --json prints of a module."""
    return {
        "module": entry.module,
        "version": str(entry.version),
        "flavor": entry.flavor,
        "architecture": entry.architecture,
        "title": entry.title,
        "stack_group": entry.stack_group,
        "size": entry.size,
        "package_version": entry.package_version,
        "layer": entry.layer,
        "status": str(entry.status),
        "problem": entry.problem,
    }


def catalogue_document(one: CatalogueEntry) -> dict[str, object]:
    """The same with what the manifest says, null if it cannot be read, and the users."""
    manifest = one.manifest
    return {
        **module_document(one.entry),
        "description": manifest and manifest.description,
        "requires": manifest and manifest.requires,
        "conflicts": manifest and manifest.conflicts,
        "variant_of": manifest and manifest.variant_of,
        "kernel_release": (manifest and manifest.kernel) or None,
        "profile": (manifest and manifest.profile) or None,
        "epoch": manifest and manifest.epoch,
        "package_count": manifest and manifest.packages,
        "unpacked_size": manifest and manifest.unpacked_size,
        "secrets": manifest and [str(secret) for secret in manifest.secrets],
        "used_by": one.used_by,
    }


def _lines(registry: Registry) -> list[str]:
    if not registry:
        return [
            "this head node has no modules; install some, such as: apt install qlustar-module-slurm"
        ]
    rows = iter(columns([_row(entry) for entry in registry]))
    lines: list[str] = []
    for group, entries in groupby(registry, key=lambda entry: entry.stack_group):
        lines += ["", group or UNGROUPED, *(f"  {next(rows)}" for _ in entries)]
    return lines[1:]


def _row(entry: Registered) -> tuple[str, ...]:
    status = str(entry.status) if entry.usable else f"{entry.status}: {entry.problem}"
    return (
        entry.module,
        str(entry.version),
        entry.package_version or "-",
        entry.flavor,
        entry.architecture,
        size(entry.size),
        status,
    )
