"""What several verbs of ``qlumod image`` take."""

import click

from qlumod.cli import offers
from qlumod.cli.setting_options import F
from qlumod.cli.settings.values import ValueKind
from qlumod.model.image import image_name

IMAGE = ValueKind("IMAGE", image_name)
"""The name of an image."""


def new_image(function: F) -> F:
    """Add the argument ``IMAGE``, as ``name``: an image that may not exist yet."""
    return click.argument("name", type=IMAGE, metavar="IMAGE")(function)


def image(function: F) -> F:
    """Add the argument ``IMAGE``, as ``name``: an image that exists."""
    return click.argument("name", type=IMAGE, metavar="IMAGE", shell_complete=offers.images)(
        function
    )
