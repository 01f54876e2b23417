"""qlumod image shell: a throw-away shell in the stack of an image."""

from pathlib import Path

import click

from qlumod.cli import options
from qlumod.cli.exits import ProgramEnded
from qlumod.cli.images.image_arguments import generation, image
from qlumod.cli.screen import Reporter, Reporting
from qlumod.head.places import Places
from qlumod.head.verbs.enter_images import enter_image
from qlumod.model.image import ImageName


@options.verb(
    examples=[
        "qlumod image shell compute",
        "qlumod image shell compute --generation 3 -- slurmd -V",
    ]
)
@image
@click.argument("words", nargs=-1, metavar="[-- COMMAND...]")
@generation
@options.limited
@options.root
def shell(*, name: ImageName, words: tuple[str, ...], generation: str | None, root: Path) -> None:
    """Run a shell, or a command, in an image as nodes see it.

    All that it changes is lost when it ends. It runs in the enclosure of all programs of packages:
    without network, without the site's secrets, and without access to this machine. The exit
    status is that of the command.
    """
    with Reporter(Reporting(progress="plain")) as reporter:
        status = enter_image(Places(root), name, generation, words, listen=reporter.listen)
    if status:
        raise ProgramEnded(status)
