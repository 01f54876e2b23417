"""Options and arguments that take the value of a setting where they are not typed."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from qlumod.cli import offers
from qlumod.cli.offers import Completer
from qlumod.cli.settings.reading import current
from qlumod.cli.settings.table import BY_NAME, Setting

F = TypeVar("F", bound=Callable[..., Any])


class _Configured(click.Parameter):
    """A parameter that, where it is not typed, is what environment and qlumod.conf say."""

    def __init__(self, *given: Any, setting: Setting, **named: Any) -> None:
        super().__init__(*given, **named)
        self._setting = setting

    def get_default(self, ctx: click.Context, call: bool = True) -> Any:
        """The setting's value; nothing for --help and completion, which read no file."""
        if ctx.resilient_parsing or not call:
            return None
        found = current(ctx)
        if self._setting.name in found.said:
            return found.look(self._setting.name)

        def look(name: str) -> Any:
            return ctx.params[name] if name in ctx.params else found.look(name)

        return self._setting.default(look)


class _SettingOption(_Configured, click.Option):
    pass


class _SettingArgument(_Configured, click.Argument):
    pass


_OFFERS: dict[str, Completer] = {
    "flavor": offers.flavors,
    "arch": offers.architectures,
    "archive": offers.archives,
    "suite": offers.suites,
    "profile": offers.profiles,
}
DefaultRule = Callable[[click.Context, Any], Any]
"""What makes of a context and an option's value what the verb's function gets."""


def setting(
    name: str,
    *spelled: str,
    required: bool = False,
    decide: DefaultRule | None = None,
    otherwise: str = "",
    offer: Completer | None = None,
) -> Callable[[F], F]:
    """Add the option of a setting; where nobody says what it is, its default is given, or None.

    `spelled` are further names: a short option, or the function's parameter. `otherwise` is what no
    value means, where that is something else than usual; `offer` is what the shell offers.
    """
    chosen = BY_NAME[name]
    repeated = " May be repeated." if chosen.many else ""
    default = "" if required else f"; default: {otherwise or chosen.otherwise}"
    return click.option(
        *spelled,
        chosen.option,
        cls=_SettingOption,
        setting=chosen,
        type=chosen.kind,
        multiple=chosen.many,
        callback=_callback(chosen, required, decide),
        shell_complete=offer or _OFFERS.get(name),
        metavar=chosen.kind.name,
        help=f"{chosen.help}{repeated} ({chosen.variable}{default})",
    )


def setting_argument(name: str) -> Callable[[F], F]:
    """Add an argument that need not be typed where the setting says what it is."""
    chosen = BY_NAME[name]

    def add(function: F) -> F:
        # Made for each function: click 8.1 takes the class out of what it was given.
        return click.argument(
            name,
            cls=_SettingArgument,
            setting=chosen,
            type=chosen.kind,
            required=False,
            callback=_callback(chosen, True, None),
            metavar=f"[{chosen.kind.name}]",
        )(function)

    return add


def _callback(chosen: Setting, required: bool, decide: DefaultRule | None) -> Callable[..., Any]:
    def called(ctx: click.Context, option: click.Parameter, value: Any) -> Any:
        if required and value is None and not ctx.resilient_parsing:
            raise click.MissingParameter(
                f"{chosen.variable} and qlumod.conf may say it, too.", ctx, option
            )
        return decide(ctx, value) if decide else value

    return called
