"""``qlumod payload``: what dh_qlumod calls for each module of a source package."""

from pathlib import Path
from typing import Unpack

import click

from qlumod.cli import offers, options
from qlumod.cli.screen import Reporter
from qlumod.cli.settings.values import PathKind
from qlumod.model.names import module_name
from qlumod.workflows.package import BuildDirectory, SourcePackage, install_module
from qlumod.workflows.workplace import workshop_in


@options.verb(
    examples=(
        "qlumod payload --from debian/qlumod --module slurm --destdir debian/tmp "
        "--package qlustar-module-slurm-bookworm-amd64-14.0.0",
    )
)
@click.option(
    "--from",
    "inputs",
    type=PathKind("DIR"),
    metavar="DIR",
    default=Path("debian/qlumod"),
    help="The directory of release, accounts, lock and specs; default: debian/qlumod.",
)
@click.option(
    "--module", required=True, metavar="NAME", help="The module.", shell_complete=offers.modules
)
@click.option(
    "--package", required=True, metavar="NAME", help="The binary package that contains the module."
)
@click.option(
    "--destdir",
    required=True,
    type=PathKind("DIR"),
    metavar="DIR",
    help="The binary package's build directory.",
)
@options.cache
@options.store
@click.option(
    "--packages",
    "brought",
    multiple=True,
    type=PathKind("DIR"),
    metavar="DIR",
    help="A directory of locked .debs in the source package; it is used before the store.",
)
@options.working
@click.option(
    "--check/--no-check",
    default=True,
    help="Check the installed files: digests by the manifest, the layer by its contents.",
)
@options.reports()
def command(
    *,
    inputs: Path,
    module: str,
    package: str,
    destdir: Path,
    cache: Path,
    store: Path,
    brought: tuple[Path, ...],
    check: bool,
    reporter: Reporter,
    **working: Unpack[options.Working],
) -> None:
    """Install a module's payload into the build directory of its binary package.

    This is a step of a package build, which dh_qlumod(1) calls. The layer comes from the cache, or
    is built from the locked packages over the payloads of the required modules. Those come from
    the cache, or from installed packages, or are built as well. The network is not used. The verb
    prints substitution variables for debian/control (deb-substvars(5)).
    """
    done = install_module(
        SourcePackage(inputs=inputs, brought=brought),
        module_name(module),
        workshop_in(cache, store=store, **working),
        into=BuildDirectory(package=package, directory=destdir),
        check=check,
        listen=reporter.listen,
    )
    reporter.result(
        {
            "payload": str(done.payload.directory),
            "destdir": str(destdir),
            "substvars": dict(done.substvars),
        },
        [f"{name}={text}" for name, text in done.substvars.items()],
    )
