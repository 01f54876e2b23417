"""``qlumod payload``: what dh_qlumod calls for each module of a source package."""

from pathlib import Path

import click

from qlumod.cli import options
from qlumod.cli.screen import Reporter
from qlumod.model.names import module_name
from qlumod.workflows.package import install_module


@options.verb(
    examples=(
        "qlumod payload --from debian/qlumod --module slurm --destdir debian/tmp "
        "--package qlustar-module-slurm-bookworm-amd64-14.0.0",
    )
)
@click.option(
    "--from",
    "inputs",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIRECTORY",
    default=Path("debian/qlumod"),
    help="Where release, accounts, lock and specs lie; default: debian/qlumod.",
)
@click.option("--module", required=True, metavar="NAME", help="The module.")
@click.option("--package", required=True, metavar="NAME", help="The binary package that holds it.")
@click.option(
    "--destdir",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIRECTORY",
    help="The binary package's build directory.",
)
@options.cache
@options.store
@options.reports()
def command(
    *,
    inputs: Path,
    module: str,
    package: str,
    destdir: Path,
    cache: Path,
    store: Path | None,
    reporter: Reporter,
) -> None:
    """Put a module's payload into the build directory of its binary package.

    A step of a package build: dh_qlumod(1) calls it. The layer comes from the cache, or is built
    from the locked packages in the store; the network is not used.
    """
    payload = install_module(
        inputs,
        module_name(module),
        package=package,
        destination=destdir,
        cache=cache,
        store=store,
        listen=reporter.listen,
    )
    reporter.result({"payload": str(payload), "destdir": str(destdir)})
