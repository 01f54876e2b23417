"""qlumod register: register the modules that dpkg has installed or removed."""

from pathlib import Path

import click

from qlumod.cli import modules, options
from qlumod.cli.exits import FoundWanting
from qlumod.cli.screen import Reporter
from qlumod.head.places import Places
from qlumod.head.verbs.modules import Registration, register
from qlumod.model.registry import Happened


@options.verb(examples=["qlumod register", "qlumod register --thorough --json"])
@click.option("--thorough", is_flag=True, help="Read every file again, changed or not.")
@options.root
@options.reports()
def command(*, thorough: bool, root: Path, reporter: Reporter) -> None:
    """Register the modules that dpkg has installed or removed.

    Every payload is compared with its manifest. A damaged module is reported and never used. Then
    the programs in /etc/qlumod/registered.d run with the changes. dpkg's trigger runs this verb
    whenever a module is installed, upgraded or removed.
    """
    found = register(Places(root), thorough=thorough, listen=reporter.listen)
    reporter.result(_document(found), lines(found))
    if found.damaged:
        raise FoundWanting


def _document(found: Registration) -> dict[str, object]:
    return {
        "changes": [
            {"change": str(change.what), **modules.module_document(change.module)}
            for change in found.changes
        ],
        "damaged": [modules.module_document(entry) for entry in found.damaged],
    }


def lines(found: Registration) -> list[str]:
    """What people read: what changed, then what is (still) damaged."""
    changed = [
        f"{change.what} {change.module.label}"
        for change in found.changes
        if change.what is not Happened.DAMAGED
    ]
    damaged = [f"damaged {entry.label}: {entry.problem}" for entry in found.damaged]
    return [*changed, *damaged] or ["nothing has changed"]
