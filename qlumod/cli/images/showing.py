"""qlumod image list, show: the images and their generations."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from qlumod.cli import options
from qlumod.cli.images import explaining
from qlumod.cli.images.image_arguments import generation, image
from qlumod.cli.images.planning import problem_document
from qlumod.cli.machine import errors_document
from qlumod.cli.screen import Reporter
from qlumod.cli.wording import columns, size
from qlumod.head.places import Places
from qlumod.head.verbs.explain_images import explain_image
from qlumod.head.verbs.plan_images import ImageState, LastBuild, overview
from qlumod.head.verbs.show_images import ShownImage, show_image
from qlumod.model.build_run import BuildRun, stopped
from qlumod.model.image import ImageName


@options.verb(examples=["qlumod image list", "qlumod image list --json"], name="list")
@options.root
@options.reports()
def list_(*, root: Path, reporter: Reporter) -> None:
    """List the images with their states, their newest generations, and those that nodes get.

    The states are those of `qlumod overview`. A definition that cannot be read is listed as broken.
    """
    images = overview(Places(root)).images
    rows = [_row(one) for one in images]
    reporter.result(
        {"images": [state_document(one) for one in images]},
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
    """Show the definition of an image, and its newest generation.

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
    reporter.result(image_document(shown), _lines(shown))


def _row(one: ImageState) -> tuple[str, ...]:
    if one.shown is None:
        return (one.name, "-", "-", "-", "-", "-", "-", f"{one.state}: {', '.join(reasons(one))}")
    image, stack = one.shown.image, one.shown.stack
    return (
        image.name,
        image.version,
        image.flavor,
        image.architecture,
        ", ".join(image.wanted),
        f"generation {one.shown.generation} of {stack.version}" if stack else "never built",
        f"deployed: {one.shown.deployed}" if one.shown.deployed else "not deployed",
        one.state,
    )


def state_document(one: ImageState) -> dict[str, object]:
    """An image with its state, as --json prints it."""
    fault, survey = one.fault, one.survey
    return {
        **(image_document(one.shown) if one.shown else {"image": one.name}),
        "state": one.state,
        "changes": survey.changes if survey else (),
        "problems": [problem_document(problem) for problem in survey.problems] if survey else [],
        **errors_document([fault] if fault else []),
        "missing_secrets": None
        if survey is None or survey.missing is None
        else [secret.path for secret in survey.missing],
        "building": one.building
        and {
            "since": one.building.since,
            "holder": one.building.holder,
            "unit": one.building.unit,
            "events": one.building.events,
        },
        "last_build": one.last_build and _last_build_document(one.name, one.last_build),
    }


def _last_build_document(name: ImageName, last: LastBuild) -> dict[str, object]:
    run = last.run
    return {
        "events": last.events,
        "began": run.began,
        "ended": run.ended,
        "result": run.result_of(name),
        "errors": _errors_of(run),
    }


def _errors_of(run: BuildRun) -> Sequence[Mapping[str, object]]:
    return run.errors if run.ended is not None else [stopped().as_json]


def reasons(one: ImageState) -> Iterator[str]:
    """Why an image has its state."""
    if one.fault:
        yield one.fault.brief
    if one.building:
        yield one.building.holder
    if one.last_build:
        for error in _errors_of(one.last_build.run):
            yield f"the last build failed: {error['brief']}"
    if one.survey:
        yield from (problem.text for problem in one.survey.problems)
        yield from one.survey.changes


def image_document(shown: ShownImage) -> dict[str, object]:
    """An image's definition and generations, as --json prints them."""
    image, stack = shown.image, shown.stack
    return {
        "image": image.name,
        "version": image.version,
        "flavor": image.flavor,
        "architecture": image.architecture,
        "modules": image.wanted,
        "description": image.description,
        "enable": image.enable,
        "disable": image.disable,
        "kernel_arguments": image.kernel_arguments,
        "digest": shown.digest,
        "generation": shown.generation or None,
        "deployed": shown.deployed,
        "deploy": str(image.deploy),
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
        *([f"  enables {' '.join(image.enable)}"] if image.enable else []),
        *([f"  disables {' '.join(image.disable)}"] if image.disable else []),
        *([f"  kernel arguments: {image.kernel_arguments}"] if image.kernel_arguments else []),
    ]
    if stack is None:
        return [*lines, "  never built"]
    rows = columns([(layer.name, size(layer.file.size)) for layer in stack.layers])
    total = sum(layer.file.size for layer in stack.layers)
    return [
        *lines,
        f"  generation {shown.generation}: version {stack.version}, "
        f"kernel {stack.kernel_release}, {size(total)}",
        f"  deployed: {f'generation {shown.deployed}' if shown.deployed else 'none'}",
        *(f"    {row}" for row in rows),
        *(f"  secret {secret.path} ({secret.kind})" for secret in stack.secrets),
        *(f"  public {public.pattern} ({public.reason})" for public in stack.public),
    ]
