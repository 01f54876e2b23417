"""qlumod image build: new generations of images."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from qlumod.cli import offers, options
from qlumod.cli.images.image_arguments import IMAGE, all_images, reason
from qlumod.cli.screen import Reporter
from qlumod.cli.settings.values import ValueKind
from qlumod.head.places import Places
from qlumod.head.verbs.build_images import BuildOrder, BuiltImage, build_images
from qlumod.model.image import ImageName
from qlumod.model.names import digest


@options.verb(
    examples=[
        "qlumod image build compute",
        "qlumod image build --outdated",
        "qlumod image build --all --force --yes",
    ]
)
@click.argument("names", nargs=-1, type=IMAGE, metavar="[IMAGE]...", shell_complete=offers.images)
@click.option("--outdated", is_flag=True, help="Build all images that are not up to date.")
@all_images("Build all images; they are counted, and asked for.")
@click.option("--force", is_flag=True, help="Build images that are up to date, too.")
@click.option(
    "--if-inputs",
    "inputs",
    type=ValueKind("DIGEST", digest),
    help="Build only if the digest of the inputs is still the one that `image plan` has shown.",
)
@reason
@options.dry_run
@options.root
@options.limited
@options.reports()
def build(*, names: Sequence[ImageName], root: Path, reporter: Reporter, **order: Any) -> None:
    """Build images: the layers of the modules, and a last layer with the image's own files.

    Everything is checked first. The result is a new generation below /var/lib/qlumod/images/IMAGE;
    nodes get it when it is deployed. This needs root, except in a --root of your own: there, any
    user who can build modules can build images.
    """
    built = build_images(Places(root), names, BuildOrder(**order), listen=reporter.listen)
    reporter.result(
        {"images": [_built_document(image) for image in built.images]},
        [line for image in built.images for line in _built_lines(image)],
        faults=built.faults.values(),
    )


def _built_document(built: BuiltImage) -> dict[str, object]:
    return {
        "image": built.image,
        "outdated": built.outdated,
        "generation": built.generation or None,
        "deployed": built.deployed,
        "inputs": built.plan.inputs,
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
        *_deployment_lines(built),
        *(
            f"  the site's secret {secret.path} is missing: put it at "
            f"/etc/qlumod/images/{built.image}/secrets{secret.path}"
            for secret in built.missing
        ),
    ]


def _deployment_lines(built: BuiltImage) -> Iterator[str]:
    if not built.generation or built.generation == built.deployed:
        return
    now = f"still get generation {built.deployed}" if built.deployed else "get none yet"
    yield f"  nodes {now}; to deploy this one: qlumod image deploy {built.image}"
