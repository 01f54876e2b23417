"""qlumod image: put images together from modules, and build them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from qlumod.cli import offers, options
from qlumod.cli.screen import Reporter
from qlumod.cli.setting_options import setting
from qlumod.cli.settings.values import ValueKind
from qlumod.cli.wording import columns, size
from qlumod.head.places import Places
from qlumod.head.verbs.image import (
    BuiltImage,
    NewImage,
    ShownImage,
    build_images,
    create_image,
    list_images,
    remove_image,
    show_image,
)
from qlumod.model.image import ImageName, image_name, image_version
from qlumod.model.names import ModuleName, module_name


@options.group(
    examples=["qlumod image create compute --modules slurm", "qlumod image build compute"]
)
def command() -> None:
    """Put images together from modules, and build them.

    An image is a file, /etc/qlumod/images/IMAGE.image. Files below IMAGE/copy/ beside it are merged
    into the image at each build, those below common/copy/ into all images. Secrets (munge's key)
    go below IMAGE/secrets/ and never become part of a layer.
    """


_ONLY = "the one that all modules have"
_IMAGE = ValueKind("IMAGE", image_name)


def _modules(text: str) -> tuple[ModuleName, ...]:
    return tuple(module_name(word) for word in text.replace(",", " ").split())


@options.verb(
    examples=[
        "qlumod image create compute --modules slurm",
        "qlumod image create compute --modules slurm,samba --version 14.0.0 --flavor bookworm",
    ]
)
@click.argument("name", type=_IMAGE, metavar="IMAGE")
@click.option(
    "--modules",
    type=ValueKind("MODULE,…", _modules),
    shell_complete=offers.registered("module", beside="title"),
    default="",
    help="The modules beside core, which is part of every image.",
)
@click.option(
    "--version",
    type=ValueKind("VERSION", image_version),
    shell_complete=offers.registered("version"),
    help="x.y.z stays at that version, x.y and x follow the newest one; default: the newest x.y.",
)
@setting("flavor", otherwise=_ONLY, offer=offers.registered("flavor"))
@setting("arch", otherwise=_ONLY, offer=offers.registered("architecture"))
@click.option(
    "--description", default="", metavar="TEXT", help="What the image is for, in one line."
)
@options.root
@options.reports()
def create(*, name: ImageName, root: Path, reporter: Reporter, arch: Any, **given: Any) -> None:
    """Define an image: a name, a version and chosen modules.

    Flavor and architecture need not be given where the head node has modules of one only.
    """
    image = create_image(
        Places(root), NewImage(name=name, architecture=arch, **given), listen=reporter.listen
    )
    reporter.result(
        {"image": image.name, "version": image.version, "modules": image.wanted},
        [
            f"image {name}: {', '.join(image.wanted)} "
            f"({image.version}, {image.flavor}, {image.architecture})",
            f"to build it: qlumod image build {name}",
        ],
    )


@options.verb(examples=["qlumod image build compute", "qlumod image build --outdated"])
@click.argument("names", nargs=-1, type=_IMAGE, metavar="[IMAGE]...", shell_complete=offers.images)
@click.option(
    "--outdated", "all_images", is_flag=True, help="Build all images that are not up to date."
)
@click.option("--force", is_flag=True, help="Build also what is up to date.")
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
    """Build images: the layers of the modules, and a last one with what is the image's own.

    Everything is checked first. The result is a new generation below /var/lib/qlumod/images/IMAGE;
    one rename makes it the current one. Below a --root of one's own, any user may build who may
    build modules; otherwise it needs root.
    """
    if bool(names) == all_images:
        raise click.UsageError("name the images to build, or say --outdated")
    built = build_images(Places(root), names, force=force, dry_run=dry_run, listen=reporter.listen)
    reporter.result(
        {"images": [_built_document(image) for image in built]},
        [line for image in built for line in _built_lines(image)],
    )


@options.verb(examples=["qlumod image list", "qlumod image list --json"], name="list")
@options.root
@options.reports()
def list_(*, root: Path, reporter: Reporter) -> None:
    """List the images and what was built from them."""
    shown = list_images(Places(root))
    rows = [_row(image) for image in shown]
    reporter.result(
        {"images": [_document(image) for image in shown]},
        columns(rows) if rows else ["there are no images; make one: qlumod image create --help"],
    )


@options.verb(examples=["qlumod image show compute", "qlumod image show compute --json"])
@click.argument("name", type=_IMAGE, metavar="IMAGE", shell_complete=offers.images)
@options.root
@options.reports()
def show(*, name: ImageName, root: Path, reporter: Reporter) -> None:
    """Tell what an image is to be, and what its current generation is."""
    shown = show_image(Places(root), name)
    reporter.result(_document(shown), _lines(shown))


@options.verb(examples=["qlumod image remove compute"])
@click.argument("name", type=_IMAGE, metavar="IMAGE", shell_complete=offers.images)
@options.dry_run
@options.root
@options.reports()
def remove(*, name: ImageName, dry_run: bool, root: Path, reporter: Reporter) -> None:
    """Remove an image and all that was built from it.

    The site's files below /etc/qlumod/images/IMAGE/ stay. Nodes that are running go on running;
    the next one that wants to boot the image cannot.
    """
    shown = show_image(Places(root), name)
    if not dry_run:
        remove_image(Places(root), name, listen=reporter.listen)
    done = "would be removed" if dry_run else "removed"
    reporter.result(
        {"image": name, "removed": not dry_run, "generations": shown.generations},
        [f"image {name} {done} ({len(shown.generations)} generations)"],
    )


for _verb in (create, build, list_, show, remove):
    command.add_command(_verb)


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


def _row(shown: ShownImage) -> tuple[str, ...]:
    image, stack = shown.image, shown.stack
    return (
        image.name,
        image.version,
        image.flavor,
        image.architecture,
        ", ".join(image.wanted),
        f"generation {shown.generation} of {stack.version}" if stack else "never built",
    )


def _document(shown: ShownImage) -> dict[str, object]:
    image, stack = shown.image, shown.stack
    return {
        "image": image.name,
        "version": image.version,
        "flavor": image.flavor,
        "architecture": image.architecture,
        "modules": image.wanted,
        "description": image.description,
        "generation": shown.generation or None,
        "generations": shown.generations,
        "stack": stack
        and {
            "version": str(stack.version),
            "kernel_release": stack.kernel_release,
            "layers": [
                {"name": layer.name, "sha256": layer.file.sha256, "size": layer.file.size}
                for layer in stack.layers
            ],
            "secrets": [str(secret) for secret in stack.secrets],
            "public": [str(public) for public in stack.public],
        },
    }


def _lines(shown: ShownImage) -> list[str]:
    image, stack = shown.image, shown.stack
    lines = [
        f"{image.name}: {', '.join(image.wanted)}",
        f"  version {image.version}, flavor {image.flavor}, architecture {image.architecture}",
        *([f"  {image.description}"] if image.description else []),
    ]
    if stack is None:
        return [*lines, "  never built"]
    rows = columns([(layer.name, size(layer.file.size)) for layer in stack.layers])
    total = sum(layer.file.size for layer in stack.layers)
    return [
        *lines,
        f"  generation {shown.generation}: version {stack.version}, "
        f"kernel {stack.kernel_release}, {size(total)}",
        *(f"    {row}" for row in rows),
        *(f"  secret {secret.path} ({secret.kind})" for secret in stack.secrets),
        *(f"  public {public.pattern} ({public.reason})" for public in stack.public),
    ]
