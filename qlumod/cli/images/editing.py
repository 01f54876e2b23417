"""qlumod image edit: changing the definition of an image, by options or in an editor."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from qlumod.cli import offers, options
from qlumod.cli.images.image_arguments import (
    MODULES,
    UNITS,
    VERSION,
    image,
    several,
    switches,
    with_required,
)
from qlumod.cli.screen import Reporter, print_error
from qlumod.cli.settings.values import ValueKind
from qlumod.errors import QlumodError
from qlumod.head.places import Places
from qlumod.head.verbs.edit_by_hand import Editor, edit_by_hand
from qlumod.head.verbs.edit_images import EditedImage, edit_image
from qlumod.model.definition_edit import ImageChange
from qlumod.model.image import ImageName
from qlumod.model.names import Digest, digest

_AGAIN, _DISCARD = "edit", "discard"


@options.verb(
    examples=[
        "qlumod image edit compute --add samba --remove ofed",
        "qlumod image edit compute --version 14.0.1 --disable slurmd.service",
        "qlumod image edit compute",
    ]
)
@image
@several("--add", MODULES, "Add modules.", offers.registered("module", beside="title"))
@several("--remove", MODULES, "Take modules out.", offers.registered("module", beside="title"))
@with_required
@click.option(
    "--version",
    type=VERSION,
    shell_complete=offers.registered("version"),
    help="x.y.z is a fixed version; x.y and x follow the newest one.",
)
@click.option(
    "--description", metavar="TEXT", help="The purpose of the image; '' takes the field out."
)
@switches
@several("--leave-unit", UNITS, "Leave systemd units as the modules have them.")
@click.option(
    "--if-digest",
    type=ValueKind("SHA256", digest),
    help="Change nothing unless the definition's file has this digest, which `image show --json` "
    "prints: nobody has edited it since.",
)
@options.dry_run
@options.root
@options.reports()
def edit(
    *,
    name: ImageName,
    leave_unit: Sequence[str],
    if_digest: Digest | None,
    dry_run: bool,
    root: Path,
    reporter: Reporter,
    **given: Any,
) -> None:
    """Change the definition of an image; nothing is built.

    The result is checked before it is written, as `image create` does. Comments and the order of
    the fields stay. Without options that change something, an editor opens a copy of the file (of
    VISUAL, EDITOR, or the system's own); at a fault, you can go on editing.
    """
    places, change = Places(root), ImageChange(leave=leave_unit, **given)
    how: Any = {"if_digest": if_digest, "dry_run": dry_run, "listen": reporter.listen}
    if change == ImageChange():
        done = edit_by_hand(places, name, _editor(reporter), **how)
    else:
        done = edit_image(places, name, change, **how)
    reporter.result(_document(done, dry_run=dry_run), _lines(done, dry_run=dry_run))


def _document(done: EditedImage, *, dry_run: bool) -> dict[str, object]:
    return {
        "image": done.image.name,
        "changed": done.changed and not dry_run,
        "would_change": done.changed,
        "version": done.image.version,
        "modules": done.image.wanted,
        "description": done.image.description,
        "enable": done.image.enable,
        "disable": done.image.disable,
        "kernel_arguments": done.image.kernel_arguments,
        "digest": done.digest,
    }


def _lines(done: EditedImage, *, dry_run: bool) -> list[str]:
    image = done.image
    told = (
        f"image {image.name}: {', '.join(image.wanted)} "
        f"({image.version}, {image.flavor}, {image.architecture})"
    )
    if not done.changed:
        return [told, "nothing to change"]
    if dry_run:
        return [f"would be {told}"]
    return [told, f"to build it: qlumod image build {image.name}"]


def _editor(reporter: Reporter) -> Editor:
    """The editor on the terminal, and a question after each fault."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError(
            "say what to change, such as --add MODULE: without that, an editor is opened, which "
            "needs a terminal"
        )
    reporter.leave_screen()
    return Editor(edit=_open_editor, goes_on=_goes_on)


def _open_editor(copy: Path) -> None:
    try:
        click.edit(filename=str(copy))
    except click.ClickException as failed:
        raise QlumodError(
            f"the editor failed: {failed.message}",
            remedy="have EDITOR name a program that edits a file",
        ) from failed


def _goes_on(fault: QlumodError) -> bool:
    print_error(fault)
    answer = click.prompt(
        "edit it again, or discard what was written?",
        type=click.Choice([_AGAIN, _DISCARD]),
        default=_AGAIN,
        err=True,
    )
    return bool(answer == _AGAIN)
