"""What several verbs of ``qlumod image`` take."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from qlumod.cli import offers
from qlumod.cli.offers import Completer
from qlumod.cli.setting_options import F
from qlumod.cli.settings.values import ValueKind
from qlumod.cli.terminal_questions import ask
from qlumod.head.places import Places
from qlumod.head.verbs.define_images import image_names
from qlumod.model.boot_arguments import kernel_arguments
from qlumod.model.history import generation_name, reason_text
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
GENERATION = ValueKind("GENERATION", generation_name)
"""The name of a generation."""


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


def reason(function: F) -> F:
    """Add ``--reason TEXT``, for the history of the image."""
    return click.option(
        "--reason",
        type=ValueKind("TEXT", reason_text),
        default="",
        help="Why, for `qlumod image history`.",
    )(function)


def all_images(meaning: str) -> Callable[[F], F]:
    """Add ``--all`` and ``--yes`` beside the argument ``names``.

    Images are named, or ``--all`` is said, or another option that stands for some of them
    (``--outdated``). All are counted, and asked for unless ``--yes`` or ``--dry-run`` is said.
    """

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def wrapper(
            *args: Any, names: tuple[Any, ...], all_: bool, yes: bool, root: Path, **given: Any
        ) -> Any:
            if [bool(names), all_, given.get("outdated", False)].count(True) != 1:
                others = " or --outdated" if "outdated" in given else ""
                raise click.UsageError(f"name the images, or say --all{others}")
            if given.pop("outdated", False) and given.get("force"):
                raise click.UsageError("--outdated builds what is not up to date: say --all")
            if all_:
                names = image_names(Places(root))
                if not yes and not given.get("dry_run"):
                    ask(f"{len(names)} images: {', '.join(names) or 'none'}. Go on?", "--yes")
            return function(*args, names=names, root=root, **given)

        decorated: Any = click.option("--yes", is_flag=True, help="Do not ask.")(wrapper)
        return click.option("--all", "all_", is_flag=True, help=meaning)(decorated)  # type: ignore[no-any-return]

    return decorate


def generation(function: F) -> F:
    """Add ``--generation N``, as ``generation``: None is the newest one."""
    return click.option(
        "--generation",
        type=GENERATION,
        shell_complete=offers.built_generations,
        help="The generation of the image. Default: the newest one.",
    )(function)
