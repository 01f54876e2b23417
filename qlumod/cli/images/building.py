"""qlumod image build: new generations of images."""

from collections.abc import Sequence
from pathlib import Path

import click

from qlumod.cli import offers, options
from qlumod.cli.images.image_arguments import IMAGE
from qlumod.cli.screen import Reporter
from qlumod.head.places import Places
from qlumod.head.verbs.build_images import BuiltImage, build_images
from qlumod.model.image import ImageName


@options.verb(examples=["qlumod image build compute", "qlumod image build --outdated"])
@click.argument("names", nargs=-1, type=IMAGE, metavar="[IMAGE]...", shell_complete=offers.images)
@click.option(
    "--outdated", "all_images", is_flag=True, help="Build all images that are not up to date."
)
@click.option("--force", is_flag=True, help="Build images that are up to date, too.")
@options.dry_run
@options.root
@options.limited
@options.reports()
def build(
    *,
    names: Sequence[ImageName],
    all_images: bool,
    force: bool,
    dry_run: bool,
    root: Path,
    reporter: Reporter,
) -> None:
    """Build images: the layers of the modules, and a last layer with the image's own files.

    Everything is checked first. The result is a new generation below /var/lib/qlumod/images/IMAGE;
    one rename makes it the current one. This needs root, except in a --root of your own: there,
    any user who can build modules can build images.
    """
    if bool(names) == all_images:
        raise click.UsageError("name the images to build, or use --outdated")
    built = build_images(Places(root), names, force=force, dry_run=dry_run, listen=reporter.listen)
    reporter.result(
        {"images": [_built_document(image) for image in built]},
        [line for image in built for line in _built_lines(image)],
    )


def _built_document(built: BuiltImage) -> dict[str, object]:
    return {
        "image": built.image,
        "outdated": built.outdated,
        "generation": built.generation or None,
        "version": str(built.plan.choice.version),
        "modules": [part.manifest.module for part in built.plan.parts],
        "secrets": [str(secret) for secret in built.plan.secrets],
        "missing_secrets": [secret.path for secret in built.missing],
    }


def _built_lines(built: BuiltImage) -> list[str]:
    version = built.plan.choice.version
    modules = ", ".join(part.manifest.module for part in built.plan.parts)
    if built.generation:
        state = f"generation {built.generation}"
    else:
        state = "would be built" if built.outdated else "up to date"
    return [
        f"image {built.image}: {state} ({version}: {modules})",
        *(
            f"  the site's secret {secret.path} is missing: put it at "
            f"/etc/qlumod/images/{built.image}/secrets{secret.path}"
            for secret in built.missing
        ),
    ]
