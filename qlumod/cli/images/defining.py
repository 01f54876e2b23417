"""qlumod image create, remove: the definitions of images."""

from pathlib import Path
from typing import Any

import click

from qlumod.cli import offers, options
from qlumod.cli.images.image_arguments import (
    MODULES,
    VERSION,
    image,
    new_image,
    switches,
    with_required,
)
from qlumod.cli.screen import Reporter
from qlumod.cli.setting_options import setting
from qlumod.cli.settings.values import ValueKind
from qlumod.head.places import Places
from qlumod.head.verbs.define_images import NewImage, create_image, remove_image
from qlumod.head.verbs.show_images import show_image
from qlumod.model.image import Deploy, ImageName, deploy_policy

_ONLY = "the one of all modules, if there is only one"


@options.verb(
    examples=[
        "qlumod image create compute --modules slurm",
        "qlumod image create compute --modules slurm,samba --version 14.0.0 --flavor bookworm",
        "qlumod image create desktop --modules ws-xfce --with-required",
    ]
)
@new_image
@click.option(
    "--modules",
    type=MODULES,
    shell_complete=offers.registered("module", beside="title"),
    default="",
    help="The modules of the image; core is part of every image.",
)
@with_required
@click.option(
    "--version",
    type=VERSION,
    shell_complete=offers.registered("version"),
    help="x.y.z is a fixed version; x.y and x follow the newest one. Default: the newest x.y.",
)
@setting("flavor", otherwise=_ONLY, offer=offers.registered("flavor"))
@setting("arch", otherwise=_ONLY, offer=offers.registered("architecture"))
@click.option(
    "--description", default="", metavar="TEXT", help="The purpose of the image, in one line."
)
@click.option(
    "--deploy",
    type=ValueKind("WHEN", deploy_policy),
    default=Deploy.BY_HAND,
    show_default=True,
    help="automatic: nodes get each new generation at their next boot; by-hand: when it is"
    " deployed.",
)
@switches
@options.dry_run
@options.root
@options.reports()
def create(
    *,
    name: ImageName,
    kernel_arguments: str | None,
    dry_run: bool,
    root: Path,
    reporter: Reporter,
    arch: Any,
    **given: Any,
) -> None:
    """Define an image: a name, a version and chosen modules.

    Flavor and architecture are required only if the head node has modules of several.
    """
    image = create_image(
        Places(root),
        NewImage(name=name, architecture=arch, kernel_arguments=kernel_arguments or "", **given),
        dry_run=dry_run,
        listen=reporter.listen,
    )
    told = (
        f"image {name}: {', '.join(image.wanted)} "
        f"({image.version}, {image.flavor}, {image.architecture})"
    )
    reporter.result(
        {
            "image": image.name,
            "created": not dry_run,
            "version": image.version,
            "modules": image.wanted,
        },
        [f"would be {told}"] if dry_run else [told, f"to build it: qlumod image build {name}"],
    )


@options.verb(examples=["qlumod image remove compute"])
@image
@options.dry_run
@options.root
@options.reports()
def remove(*, name: ImageName, dry_run: bool, root: Path, reporter: Reporter) -> None:
    """Remove an image and all its generations.

    The site's files below /etc/qlumod/images/IMAGE/ are kept. Running nodes are not affected, but
    no node can boot the image any more.
    """
    shown = show_image(Places(root), name)
    if not dry_run:
        remove_image(Places(root), name, listen=reporter.listen)
    done = "would be removed" if dry_run else "removed"
    reporter.result(
        {"image": name, "removed": not dry_run, "generations": shown.generations},
        [f"image {name} {done} ({len(shown.generations)} generations)"],
    )
