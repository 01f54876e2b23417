"""qlumod register: take in what dpkg put into or out of the modules' directory."""

from pathlib import Path

import click

from qlumod.cli import options
from qlumod.cli.exits import FoundWanting
from qlumod.cli.screen import Reporter
from qlumod.head.places import Places
from qlumod.workflows.modules import register


@options.verb(examples=["qlumod register", "qlumod register --thorough --json"])
@click.option("--thorough", is_flag=True, help="Read every file again, changed or not.")
@options.root
@options.reports()
def command(*, thorough: bool, root: Path, reporter: Reporter) -> None:
    """Take in what dpkg put into or out of the modules' directory.

    Every payload is compared with its manifest. What is damaged is reported and never used. Then
    the programs in /etc/qlumod/registered.d run for what has changed. dpkg's trigger does all this
    whenever a module is installed, upgraded or removed.
    """
    found = register(Places(root), thorough=thorough, listen=reporter.listen)
    reporter.result(found.as_document(), found.lines())
    if found.damaged:
        raise FoundWanting
