"""qlumod image list, show: the images and their generations."""

from pathlib import Path

import click

from qlumod.cli import options
from qlumod.cli.images import explaining
from qlumod.cli.images.image_arguments import generation, image
from qlumod.cli.screen import Reporter
from qlumod.cli.wording import columns, size
from qlumod.head.places import Places
from qlumod.head.verbs.explain_images import explain_image
from qlumod.head.verbs.show_images import ShownImage, list_images, show_image
from qlumod.model.image import ImageName


@options.verb(examples=["qlumod image list", "qlumod image list --json"], name="list")
@options.root
@options.reports()
def list_(*, root: Path, reporter: Reporter) -> None:
    """List the images and their current generations."""
    shown = list_images(Places(root))
    rows = [_row(image) for image in shown]
    reporter.result(
        {"images": [_document(image) for image in shown]},
        columns(rows) if rows else ["there are no images; make one: qlumod image create --help"],
    )


@options.verb(
    examples=[
        "qlumod image show compute",
        "qlumod image show compute --packages --generation 3",
        "qlumod image show compute --units --json",
    ]
)
@image
@explaining.part
@generation
@explaining.limit
@options.root
@options.reports()
def show(
    *,
    name: ImageName,
    part: str | None,
    generation: str | None,
    limit: int | None,
    root: Path,
    reporter: Reporter,
) -> None:
    """Show the definition of an image, and its current generation.

    With an option such as --packages, show what a generation has: of the stack of all its layers,
    as nodes see it. The modules of an old generation need not be installed any more.
    """
    if part:
        found = explain_image(Places(root), name, generation)
        explaining.explain(found, part, limit, reporter)
        return
    if generation or limit is not None:
        raise click.UsageError(
            "--generation and --limit need one of --packages, --files, --size and --units"
        )
    shown = show_image(Places(root), name)
    reporter.result(_document(shown), _lines(shown))


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
