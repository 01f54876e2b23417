"""What several verbs of ``qlumod image`` take."""

import click

from qlumod.cli import offers
from qlumod.cli.setting_options import F
from qlumod.cli.settings.values import ValueKind
from qlumod.model.image import image_name, image_version
from qlumod.model.names import ModuleName, module_name

IMAGE = ValueKind("IMAGE", image_name)
"""The name of an image."""
VERSION = ValueKind("VERSION", image_version)
"""A concrete version, or one that follows the newest."""


def _modules(text: str) -> tuple[ModuleName, ...]:
    return tuple(module_name(word) for word in text.replace(",", " ").split())


MODULES = ValueKind("MODULE,…", _modules)
"""Names of modules, by commas."""


def new_image(function: F) -> F:
    """Add the argument ``IMAGE``, as ``name``: an image that may not exist yet."""
    return click.argument("name", type=IMAGE, metavar="IMAGE")(function)


def image(function: F) -> F:
    """Add the argument ``IMAGE``, as ``name``: an image that exists."""
    return click.argument("name", type=IMAGE, metavar="IMAGE", shell_complete=offers.images)(
        function
    )


def old_image(function: F) -> F:
    """Add the argument ``OLD``, as ``old``: an image that exists, before a new one is named."""
    return click.argument("old", type=IMAGE, metavar="OLD", shell_complete=offers.images)(function)
