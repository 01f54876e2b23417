"""qlumod overview: the modules and images of this head node, in one answer."""

from collections.abc import Iterator
from pathlib import Path

from qlumod.cli import options
from qlumod.cli.images.showing import reasons, state_document
from qlumod.cli.modules import module_document
from qlumod.cli.screen import Reporter
from qlumod.cli.wording import columns
from qlumod.head.places import Places
from qlumod.head.verbs.plan_images import Overview, overview
from qlumod.model.content_changes import counted


@options.verb(examples=["qlumod overview", "qlumod overview --json"])
@options.root
@options.reports()
def command(*, root: Path, reporter: Reporter) -> None:
    """Show modules and images with their states in one answer.

    The state of an image is up-to-date, would-change (with the reasons), never-built, building, or
    broken (with the problems). Nothing is written, no lock is waited for, and any user can do this.
    """
    found = overview(Places(root))
    reporter.result(
        {
            "modules": [
                {**module_document(entry), "used_by": found.users_of(entry)}
                for entry in found.registry
            ],
            "images": [state_document(one) for one in found.images],
        },
        _lines(found),
    )


def _lines(found: Overview) -> Iterator[str]:
    yield f"{counted(len(found.registry), 'module')}, {counted(len(found.images), 'image')}"
    rows = [
        (
            one.name,
            one.state,
            f"generation {one.shown.generation}" if one.shown and one.shown.generation else "-",
            f"deployed: {one.shown.deployed}" if one.shown and one.shown.deployed else "-",
            "; ".join(reasons(one)),
        )
        for one in found.images
    ]
    yield from columns(rows) if rows else ()
