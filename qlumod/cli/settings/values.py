"""What the values of options and settings are: how each is read, shown, and completed."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from qlumod.errors import QlumodError
from qlumod.late import late
from qlumod.model.numbers import number
from qlumod.repository.format import layout

if TYPE_CHECKING:
    from qlumod.model.address import Address

# See `qlumod.cli.settings.reading`.
addresses = late("qlumod.model.address")

Parse = Callable[[str], Any]
Complete = Callable[[click.Context, str], list[CompletionItem]]

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_UNREADABLE = re.compile(r"[\s\[\]:,\\\"]")


class ValueKind(click.ParamType):
    """A word that `parse` reads; what is wrong with it is said as for any other option."""

    path = False
    """Whether it names a file or directory, which may be relative to where one types."""

    def __init__(self, metavar: str, parse: Parse, complete: Complete | None = None) -> None:
        self.name = metavar
        self.parse = parse
        self._complete = complete

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read what was typed; what is read already stays."""
        if not isinstance(value, str):
            return value
        try:
            return self.parse(value)
        except QlumodError as fault:
            self.fail(fault.brief, param, ctx)

    def get_metavar(self, *given: Any, **named: Any) -> str:
        """The word that stands for the value in --help."""
        del given, named
        return self.name

    def shown(self, value: Any) -> str:
        """The value as one would write it."""
        return f"{value:g}" if isinstance(value, float) else str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        del param
        return self._complete(ctx, incomplete) if self._complete else []


class PathKind(ValueKind):
    """A path; ``~`` stands for the home directory, since not every shell and file expands it."""

    path = True

    def __init__(self, metavar: str, *, check: Callable[[Path], Path] | None = None) -> None:
        super().__init__(metavar, lambda text: (check or Path)(expanded(text)))

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Leave it to the shell, which knows its files best."""
        del ctx, param
        return [CompletionItem(incomplete, type="dir" if self.name == "DIR" else "file")]


def expanded(text: str) -> Path:
    """The path that a text names; raises `QlumodError`."""
    if not text:
        raise QlumodError("'' is no path")
    try:
        return Path(text).expanduser()
    except RuntimeError as fault:
        raise QlumodError(f"{text!r} is in the home directory of an unknown user") from fault


def readable_by_all(path: Path) -> Path:
    """Refuse a path that apt's sources.list or overlayfs's options would read as several words."""
    found = _UNREADABLE.search(str(path.absolute()))
    if found:
        raise QlumodError(
            f"{path.absolute()} holds {found[0]!r}, which is special to apt and overlayfs"
        )
    return path


def seconds(text: str) -> float:
    """Read a number of seconds; raises `QlumodError`."""
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        raise QlumodError(f"{text!r} is no number of seconds")
    return float(text)


def days(text: str) -> int:
    """Read a number of days; raises `QlumodError`."""
    return _count(text, "number of days")


def duration(text: str) -> int:
    """Read a span such as ``12h``, in seconds; raises `QlumodError`."""
    found = re.fullmatch(r"([0-9]+)([smhdw])", text)
    if not found:
        raise QlumodError(f"{text!r} is no duration: it is one such as 12h, 30d or 4w")
    return number(found[1]) * _SECONDS[found[2]]


_NONE = "none"
"""How a limit is written that there is not; its value is 0."""
_BYTES = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


class LimitKind(ValueKind):
    """A limit: a number in one of some units, or ``none``."""

    def __init__(self, metavar: str, parse: Callable[[str], int], units: Mapping[str, int]) -> None:
        super().__init__(metavar, lambda text: 0 if text == _NONE else parse(text))
        self._units = sorted(units.items(), key=lambda unit: -unit[1])

    def shown(self, value: int) -> str:
        """The value in the largest unit that leaves it whole."""
        if not value:
            return _NONE
        return next(
            (f"{value // size}{unit}" for unit, size in self._units if value % size == 0),
            str(value),
        )


def span_limit() -> LimitKind:
    """A limit of time, in seconds."""
    return LimitKind("DURATION", duration, {u: s for u, s in _SECONDS.items() if u in "smh"})


def number_limit() -> LimitKind:
    """A limit of how many."""
    return LimitKind("N", whole, {})


def size_limit() -> LimitKind:
    """A limit of bytes."""
    return LimitKind("SIZE", byte_size, _BYTES)


def byte_size(text: str) -> int:
    """Read a number of bytes such as ``16G``; raises `QlumodError`."""
    found = re.fullmatch(r"([1-9][0-9]*)([KMGT])", text)
    if not found:
        raise QlumodError(f"{text!r} is no size: it is one such as 512M, 16G or 1T")
    return number(found[1]) * _BYTES[found[2]]


def whole(text: str) -> int:
    """Read a number from 1 on; raises `QlumodError`."""
    return _count(text, "number from 1 on")


def _count(text: str, what: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]*", text):
        raise QlumodError(f"{text!r} is no {what}")
    return number(text)


def one_of(metavar: str, *words: str) -> ValueKind:
    """One of some words."""

    def parse(text: str) -> str:
        if text not in words:
            raise QlumodError(f"{text!r} is none of {', '.join(words)}")
        return text

    def complete(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        del ctx
        return [CompletionItem(word) for word in words if word.startswith(incomplete)]

    return ValueKind(metavar, parse, complete)


def typed_fingerprint(text: str) -> str:
    """Check a key's fingerprint; raises `QlumodError`."""
    from qlumod.system.keys import signers as keys  # noqa: PLC0415 - only who publishes needs it

    return keys.fingerprint(text)


def typed_suite(text: str) -> str:
    """Check the name of a suite; raises `QlumodError`."""
    return layout.suite(text)


def archive_address(text: str, *, said: str = "--archive", asked: bool = True) -> "Address":
    """Read ``NAME=URI`` or ``NAME=DIR``; raises `QlumodError`."""
    name, equals, place = text.partition("=")
    if equals and place and "://" not in place:
        text = f"{name}={expanded(place).absolute()}"
    found: Address = addresses.address(text, said=said, asked=asked)
    return found
