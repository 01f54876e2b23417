"""What several verbs of ``qlumod image`` take."""

from collections.abc import Callable
from typing import Any

import click

from qlumod.cli import offers
from qlumod.cli.offers import Completer
from qlumod.cli.setting_options import F
from qlumod.cli.settings.values import ValueKind
from qlumod.model.boot_arguments import kernel_arguments
from qlumod.model.image import image_name, image_version
from qlumod.model.names import ModuleName, module_name, unit_name

IMAGE = ValueKind("IMAGE", image_name)
"""The name of an image."""
VERSION = ValueKind("VERSION", image_version)
"""A concrete version, or one that follows the newest."""


def _modules(text: str) -> tuple[ModuleName, ...]:
    return tuple(module_name(word) for word in text.replace(",", " ").split())


MODULES = ValueKind("MODULE,…", _modules)
"""Names of modules, by commas."""


def _units(text: str) -> tuple[str, ...]:
    return tuple(unit_name(word) for word in text.replace(",", " ").split())


UNITS = ValueKind("UNIT,…", _units)
"""Names of systemd units, by commas."""


def _several(ctx: click.Context, option: click.Parameter, value: Any) -> Any:
    del ctx, option
    return tuple(one for some in value for one in some)


def several(
    name: str, kind: ValueKind, what: str, offer: Completer | None = None
) -> Callable[[F], F]:
    """An option whose values are lists, and that may be repeated: all of them as one list."""
    return click.option(
        name,
        type=kind,
        multiple=True,
        callback=_several,
        shell_complete=offer,
        help=f"{what} May be repeated.",
    )


def switches(function: F) -> F:
    """Add what an image changes in its modules: ``enable``, ``disable``, ``kernel_arguments``."""
    decorated: Any = function
    for option in (
        click.option(
            "--kernel-arguments",
            type=ValueKind("TEXT", kernel_arguments),
            help="Arguments for the kernel of its nodes.",
        ),
        several("--disable", UNITS, "Disable systemd units of its modules in the image."),
        several("--enable", UNITS, "Enable systemd units of its modules in the image."),
    ):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


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


def with_required(function: F) -> F:
    """Add ``--with-required``."""
    return click.option(
        "--with-required",
        is_flag=True,
        help="Add the modules that the image's modules require, too.",
    )(function)
