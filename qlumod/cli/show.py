"""``qlumod show``: what a module is: by the specs of a build host, or as a head node has it."""

from pathlib import Path
from typing import TypedDict, Unpack

import click

from qlumod.cli import offers, options
from qlumod.cli.images.image_arguments import VERSION
from qlumod.cli.screen import Reporter
from qlumod.cli.show_installed import show_installed
from qlumod.head.places import Places
from qlumod.head.verbs.installed_modules import ModuleWish, has_modules
from qlumod.late import late
from qlumod.model.names import ArchName, FlavorName

# It imports what a build needs, which a head node does not have.
specs_part = late("qlumod.cli.show_specs")

HERE = Path("/")


class _Place(TypedDict):
    """Where the specs are, and which target of the release is meant."""

    specs: Path
    cache: Path
    flavor: FlavorName | None
    arch: ArchName | None
    profile: str


@options.verb(
    examples=[
        "qlumod show slurm",
        "qlumod show core slurm ofed --size",
        "qlumod show core --size --profile release --json",
        "qlumod show slurm --installed --version 14.0",
    ]
)
@click.argument(
    "modules", nargs=-1, metavar="[MODULE]...", shell_complete=offers.specified_or_registered
)
@click.option(
    "--size",
    "sizes",
    is_flag=True,
    help="List the sizes of packages and directories in the layers, firmware apart.",
)
@click.option("--installed", is_flag=True, help="Show the modules that this head node has.")
@click.option(
    "--version",
    type=VERSION,
    shell_complete=offers.registered("version"),
    help="Of a head node, only modules of this version (x.y.z, x.y or x).",
)
@options.root
@options.specs
@options.cache
@options.flavor
@options.arch
@options.profile
@options.reports()
def command(
    *,
    modules: tuple[str, ...],
    sizes: bool,
    installed: bool,
    version: str | None,
    root: Path,
    reporter: Reporter,
    **place: Unpack[_Place],
) -> None:
    """Show modules: title, description, packages, and the layer's size and digest if it is built.

    With --size, the sizes of packages and directories in the layers: compressed, as squashfs has
    stored them. A block with the ends of several files is divided among them; of files with the
    same content, the first counts for all. Firmware (/usr/lib/firmware) is listed separately.

    Without specs, or with --installed, --version or --root, the modules that the head node has are
    shown, in all versions: also what they require and exclude, their variants, kernel and secrets,
    and the images that may be built from them.
    """
    asked = installed or version is not None or root != HERE
    lacks_specs = not (place["specs"] / "release").exists()
    if not asked and not (lacks_specs and has_modules(Places(HERE))):
        specs_part.show_specs(modules, place, sizes=sizes, reporter=reporter)
        return
    if sizes:
        raise click.UsageError("--size measures the layers of a build, which needs the specs")
    wish = ModuleWish(
        modules=modules, version=version, flavor=place["flavor"], architecture=place["arch"]
    )
    show_installed(root, wish, reporter)
