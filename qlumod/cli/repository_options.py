"""The options of the verbs that publish."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from qlumod.cli.options import F
from qlumod.repository.settings import Wishes

DAY = 24 * 60 * 60


def repository(function: F) -> F:
    """Add ``--repository DIR``: the directory that web servers offer."""
    return click.option(
        "--repository",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="QLUMOD_REPOSITORY",
        required=True,
        metavar="DIR",
        help="The directory of the repository (QLUMOD_REPOSITORY).",
    )(function)


def wishes(function: F) -> F:
    """Add ``--key --origin --label --architecture --uri``, given as ``wishes``."""

    @functools.wraps(function)
    def wrapper(
        *,
        keys: tuple[str, ...],
        origin: str | None,
        label: str | None,
        architectures: tuple[str, ...],
        uri: str | None,
        **given: Any,
    ) -> Any:
        asked = Wishes(keys=keys, origin=origin, label=label, architectures=architectures, uri=uri)
        return function(wishes=asked, **given)

    decorated: Any = wrapper
    for option in reversed(_WISHES):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


_WISHES: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--key",
        "keys",
        multiple=True,
        metavar="FINGERPRINT",
        help="The key that signs, in your GnuPG (GNUPGHOME); a new repository remembers it.",
    ),
    click.option("--origin", metavar="TEXT", help="The Origin of a new repository."),
    click.option("--label", metavar="TEXT", help="Its Label; default: its Origin."),
    click.option(
        "--architecture",
        "architectures",
        multiple=True,
        metavar="NAME",
        help="An architecture of its clients; may be repeated. Default: amd64.",
    ),
    click.option("--uri", metavar="URI", help="Its address for users' .sources files."),
)


def allow_older(function: F) -> F:
    """Add ``--allow-older``."""
    return click.option(
        "--allow-older",
        is_flag=True,
        help="Publish a lower version than the published one, too.",
    )(function)


def valid_for(function: F) -> F:
    """Add ``--valid-for DAYS``, given in seconds."""
    return click.option(
        "--valid-for",
        type=click.IntRange(min=1),
        callback=_seconds,
        metavar="DAYS",
        help="Let clients refuse the suite after so many days, unless it is signed anew;"
        " default: as before, at first for ever.",
    )(function)


def wait(function: F) -> F:
    """Add ``--wait SECONDS``: how long another publisher is waited for."""
    return click.option(
        "--wait",
        type=click.FloatRange(min=0),
        default=600,
        show_default=True,
        metavar="SECONDS",
        help="How long to wait while somebody else publishes.",
    )(function)


def _seconds(context: click.Context, option: click.Parameter, days: int | None) -> int | None:
    del context, option
    return days and days * DAY
