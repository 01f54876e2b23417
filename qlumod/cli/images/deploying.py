"""qlumod image deploy, rollback, history, pin, unpin, gc: which generations nodes get, and keep."""

import time
from collections.abc import Sequence
from pathlib import Path

import click

from qlumod.cli import offers, options
from qlumod.cli.images.image_arguments import GENERATION, IMAGE, all_images, image, reason
from qlumod.cli.screen import Reporter
from qlumod.cli.wording import columns
from qlumod.head.places import Places
from qlumod.head.verbs.deploy_images import (
    Deployment,
    ImageHistory,
    collect_generations,
    deploy_image,
    image_history,
    pin_image,
    roll_back_image,
)
from qlumod.model.history import HistoryEvent
from qlumod.model.image import KEPT, ImageName

_generation = click.argument(
    "generation",
    type=GENERATION,
    metavar="GENERATION",
    shell_complete=offers.built_generations,
)


@options.verb(examples=["qlumod image deploy compute", "qlumod image deploy compute 7"])
@image
@click.argument(
    "generation",
    type=GENERATION,
    metavar="[GENERATION]",
    required=False,
    shell_complete=offers.built_generations,
)
@reason
@options.dry_run
@options.root
@options.reports()
def deploy(
    *,
    name: ImageName,
    generation: str | None,
    reason: str,
    dry_run: bool,
    root: Path,
    reporter: Reporter,
) -> None:
    """Let nodes get a generation of an image from their next boot on.

    The default is the newest generation. One rename deploys it; running nodes are not affected. An
    image whose definition says `Deploy: automatic` is deployed by each build.
    """
    done = deploy_image(
        Places(root), name, generation, reason=reason, dry_run=dry_run, listen=reporter.listen
    )
    reporter.result(_document(done), [_line(done)])


@options.verb(
    examples=["qlumod image rollback compute --reason 'slurmd 23.11 hangs'"], name="rollback"
)
@image
@reason
@options.dry_run
@options.root
@options.reports()
def rollback_(
    *, name: ImageName, reason: str, dry_run: bool, root: Path, reporter: Reporter
) -> None:
    """Deploy again the generation that was deployed before.

    If the history of the image does not name one that is still there, this is the newest older
    generation. `qlumod image history IMAGE` lists them.
    """
    done = roll_back_image(
        Places(root), name, reason=reason, dry_run=dry_run, listen=reporter.listen
    )
    reporter.result(_document(done), [_line(done)])


@options.verb(examples=["qlumod image history compute", "qlumod image history compute --json"])
@image
@options.root
@options.reports()
def history(*, name: ImageName, root: Path, reporter: Reporter) -> None:
    """Show what was done with the generations of an image: when, by whom, and why."""
    found = image_history(Places(root), name)
    reporter.result(_history_document(found), _history_lines(found))


@options.verb(examples=["qlumod image pin compute 7 --reason 'the benchmark of May'"])
@image
@_generation
@reason
@options.root
@options.reports()
def pin(*, name: ImageName, generation: str, reason: str, root: Path, reporter: Reporter) -> None:
    """Keep a generation until it is unpinned."""
    pin_image(Places(root), name, generation, release=False, reason=reason, listen=reporter.listen)
    reporter.result(
        {"image": name, "generation": generation, "pinned": True},
        [f"image {name}: generation {generation} is pinned"],
    )


@options.verb(examples=["qlumod image unpin compute 7"])
@image
@_generation
@reason
@options.root
@options.reports()
def unpin(*, name: ImageName, generation: str, reason: str, root: Path, reporter: Reporter) -> None:
    """Release a pinned generation: it goes when it is not needed."""
    pin_image(Places(root), name, generation, release=True, reason=reason, listen=reporter.listen)
    reporter.result(
        {"image": name, "generation": generation, "pinned": False},
        [f"image {name}: generation {generation} is not pinned"],
    )


@options.verb(examples=["qlumod image gc compute --newest 1", "qlumod image gc --all --dry-run"])
@click.argument("names", nargs=-1, type=IMAGE, metavar="[IMAGE]...", shell_complete=offers.images)
@all_images("Remove such generations of all images.")
@click.option(
    "--newest",
    type=click.IntRange(min=1),
    metavar="N",
    default=KEPT,
    show_default=True,
    help="The number of newest generations that stay.",
)
@options.dry_run
@options.root
@options.reports()
def gc(
    *,
    names: Sequence[ImageName],
    newest: int,
    dry_run: bool,
    root: Path,
    reporter: Reporter,
) -> None:
    """Remove the generations of images that are not needed, and layers that no image uses.

    Generations stay that are deployed, pinned, or named in a file of /var/lib/qlumod/in-use.d/, and
    the newest ones. A build does the same for its image.
    """
    removed = collect_generations(
        Places(root), names, keep=newest, dry_run=dry_run, listen=reporter.listen
    )
    done = "would be removed" if dry_run else "removed"
    reporter.result(
        {"images": [{"image": name, "removed": gone} for name, gone in removed.items()]},
        [
            f"image {name}: generations {', '.join(gone)} {done}"
            if gone
            else f"image {name}: nothing to remove"
            for name, gone in removed.items()
        ],
    )


def _document(done: Deployment) -> dict[str, object]:
    return {
        "image": done.image,
        "generation": done.generation,
        "before": done.before,
        "deployed": done.done,
    }


def _line(done: Deployment) -> str:
    if done.before == done.generation:
        return f"image {done.image}: generation {done.generation} is deployed already"
    was = f"; before: generation {done.before}" if done.before else ""
    now = "is deployed" if done.done else "would be deployed"
    return f"image {done.image}: generation {done.generation} {now}{was}"


def moment(seconds: int) -> str:
    """Write a time, UTC: ``2026-12-01 17:52:00``."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))


def _history_document(found: ImageHistory) -> dict[str, object]:
    return {
        "image": found.image,
        "deployed": found.deployed,
        "generations": [
            {"generation": one, "pinned": one in found.pinned, "deployed": one == found.deployed}
            for one in found.generations
        ],
        "events": [
            {
                "done": str(event.done),
                "generation": event.generation,
                "time": event.time,
                "by": event.by,
                "reason": event.reason,
                "seconds": event.seconds,
                "inputs": event.inputs or None,
                "qlumod": event.qlumod,
            }
            for event in found.events
        ],
    }


def _history_lines(found: ImageHistory) -> list[str]:
    if not found.events:
        return [f"image {found.image}: nothing is recorded"]
    rows = [("time (UTC)", "generation", "what", "by", "why")]
    return columns([*rows, *(_event_row(event, found) for event in found.events)])


def _event_row(event: HistoryEvent, found: ImageHistory) -> tuple[str, ...]:
    gone = "" if event.generation in found.generations else " (removed)"
    took = f" in {event.seconds} s" if event.seconds else ""
    return (
        moment(event.time),
        f"{event.generation}{gone}",
        f"{event.done}{took}",
        event.by,
        event.reason,
    )
