"""The events that the core announces, for the terminal, plain lines and the log file."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """A long step begins; `total` is the amount of work in `unit`, None if it is unknown."""

    step: str
    total: int | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepAdvanced:
    """`amount` more of the step's total is done."""

    step: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDone:
    """A step succeeded; `note` is a result for people, such as a size."""

    step: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One line of a program's output; for the log file, not for the terminal."""

    program: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One line for people outside of all steps."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """One line about something that is allowed but should be checked."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a build proposes to write into the engineers' files; an error reports it, too."""

    stanzas: tuple[str, ...] = ()
    """Missing stanzas of the account table."""
    fault: str = ""
    """The first line of the error that they mend."""
    values: tuple[tuple[str, str], ...] = ()
    """Fields of the module spec, each with a value that it may get."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsEnabled:
    """The units that a module's packages enabled."""

    module: str
    units: tuple[str, ...]


Event = StepStarted | StepAdvanced | StepDone | Output | Notice | Caution | Proposal | UnitsEnabled
Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """A listener that ignores all events."""


@contextmanager
def step(
    listen: Listener, title: str, *, total: int | None = None, unit: str = ""
) -> Iterator[Callable[[int], None]]:
    """Announce a step around a block; the value advances it: ``advance(amount)``."""
    listen(StepStarted(step=title, total=total, unit=unit))
    yield lambda amount: listen(StepAdvanced(step=title, amount=amount))
    listen(StepDone(step=title))


def within(listen: Listener, name: str) -> Listener:
    """A listener for one of several parallel tasks: it puts its name before each title and line."""

    def listen_within(event: Event) -> None:
        match event:
            case StepStarted() | StepAdvanced() | StepDone():
                listen(replace(event, step=f"{name}: {event.step}"))
            case Output():
                listen(replace(event, program=f"{name}: {event.program}"))
            case Notice() | Caution():
                listen(replace(event, text=f"{name}: {event.text}"))
            case _:
                listen(event)

    return listen_within
