"""qlumod config: what each setting is, and where that was said."""

import os
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

import click
from click.shell_completion import CompletionItem

from qlumod.cli import options
from qlumod.cli.screen import Reporter
from qlumod.cli.settings.reading import INSTEAD, Configuration, current
from qlumod.cli.settings.table import BY_NAME, SETTINGS, Setting
from qlumod.cli.settings.values import ValueKind
from qlumod.cli.wording import columns
from qlumod.errors import QlumodError
from qlumod.events import Caution

ARCHIVE = BY_NAME["archive"]


def _setting(text: str) -> Setting:
    if text not in BY_NAME:
        raise QlumodError(f"{text!r} is no setting: the settings are {', '.join(BY_NAME)}")
    return BY_NAME[text]


def _names(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    del ctx
    return [
        CompletionItem(setting.name, help=setting.help)
        for setting in SETTINGS
        if setting.name.startswith(incomplete)
    ]


@options.verb(examples=["qlumod config", "qlumod config cache", "qlumod config --json"])
@click.argument(
    "setting", required=False, type=ValueKind("SETTING", _setting, _names), metavar="[SETTING]"
)
@options.reports()
def command(*, setting: Setting | None, reporter: Reporter) -> None:
    """Print each setting and where its value comes from; of a single setting, only the value.

    The first of these that sets a value counts: the command line, the environment (QLUMOD_CACHE),
    the user's qlumod.conf, the host's qlumod.conf, the default.
    """
    found = current(click.get_current_context())
    if setting:
        reporter.result(_single(found, setting), _bare(found, setting))
        return
    for text in _unknown():
        reporter.listen(Caution(text=text))
    reporter.result(
        {
            "files": [str(path) for path in found.files],
            "settings": [_single(found, one) for one in SETTINGS if not one.stanza],
            "archives": _addresses(found),
        },
        columns(_rows(found)),
    )


def _rows(found: Configuration) -> Iterator[tuple[str, str, str]]:
    for one in (setting for setting in SETTINGS if not setting.stanza):
        value = " ".join(_bare(found, one)) or "-"
        yield one.name, value, _spoken(found[one.name].said)
    for address in found.addresses:
        yield ARCHIVE.name, f"{address.archive}={address.place}", _spoken(address.said)


def _bare(found: Configuration, setting: Setting) -> list[str]:
    if setting.stanza:
        return [f"{address.archive}={address.place}" for address in found.addresses]
    value = found.look(setting.name)
    if value is None:
        return []
    return [setting.kind.shown(one) for one in (value if setting.many else (value,))]


def _single(found: Configuration, setting: Setting) -> dict[str, object]:
    if setting.stanza:
        return {"archives": _addresses(found)}
    value = found[setting.name]
    return {
        "setting": setting.name,
        "value": _plain(value.value),
        "from": _spoken(value.said),
        "option": setting.option,
        "variable": setting.variable,
        "field": setting.field,
    }


def _addresses(found: Configuration) -> list[dict[str, object]]:
    return [
        {
            "archive": address.archive,
            "uri": address.uri or None,
            "directory": address.directory or None,
            "key": address.key or None,
            "from": _spoken(address.said),
        }
        for address in found.addresses
    ]


def _plain(value: Any) -> object:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, int | float) else str(value)


def _spoken(said: str) -> str:
    return f"environment variable {said}" if said.startswith("QLUMOD_") else said


def _unknown() -> Iterator[str]:
    """Variables that look like settings and are none: without a word, they would have no effect."""
    known = {INSTEAD, *(setting.variable for setting in SETTINGS)}
    for name in sorted(name for name in os.environ if name.startswith("QLUMOD_")):
        if name not in known:
            close = get_close_matches(name, known, n=1)
            yield f"{name} is no setting" + (f"; did you mean {close[0]}?" if close else "")
