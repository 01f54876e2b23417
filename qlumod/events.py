"""The events that the core announces; terminal, plain lines and log file listen to them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """A long step begins; `total` is the amount of work in `unit`, None where it is not known."""

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
    """A step ended well; `note` is what there is to say of it, such as a size."""

    step: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One line that a program printed; for the log file, not for the screen."""

    program: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One line for people that belongs to no step."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """One line about something that is allowed but should be looked at."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Stanzas that the account table lacks, as a build found out; an error says so, too."""

    stanzas: tuple[str, ...]


Event = StepStarted | StepAdvanced | StepDone | Output | Notice | Caution | Proposal
Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Listen to nothing."""


@contextmanager
def step(
    listen: Listener, title: str, *, total: int | None = None, unit: str = ""
) -> Iterator[Callable[[int], None]]:
    """Announce a step around a block; the value advances it: ``advance(amount)``."""
    listen(StepStarted(step=title, total=total, unit=unit))
    yield lambda amount: listen(StepAdvanced(step=title, amount=amount))
    listen(StepDone(step=title))


def within(listen: Listener, name: str) -> Listener:
    """A listener to what is done for one of several things at once: its name stands before all."""

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
