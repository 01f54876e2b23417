"""What several verbs of ``qlumod image`` take."""

import click

from qlumod.cli import offers
from qlumod.cli.setting_options import F
from qlumod.cli.settings.values import ValueKind
from qlumod.errors import QlumodError
from qlumod.model.image import image_name

IMAGE = ValueKind("IMAGE", image_name)
"""The name of an image."""


def _generation(text: str) -> str:
    if not text.isascii() or not text.isdigit() or text.startswith("0"):
        raise QlumodError(f"{text!r} is no generation: it is a number")
    return text


def new_image(function: F) -> F:
    """Add the argument ``IMAGE``, as ``name``: an image that may not exist yet."""
    return click.argument("name", type=IMAGE, metavar="IMAGE")(function)


def image(function: F) -> F:
    """Add the argument ``IMAGE``, as ``name``: an image that exists."""
    return click.argument("name", type=IMAGE, metavar="IMAGE", shell_complete=offers.images)(
        function
    )


def generation(function: F) -> F:
    """Add ``--generation N``, as ``generation``: None is the current one."""
    return click.option(
        "--generation",
        type=ValueKind("N", _generation),
        shell_complete=offers.built_generations,
        help="The generation of the image. Default: the current one.",
    )(function)
