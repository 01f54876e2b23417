"""The events that the core announces, for the terminal, plain lines and the log file."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """A long step begins; `total` is the amount of work in `unit`, None if it is unknown."""

    step: str
    """What is done, for people."""
    id: str = field(default="", compare=False)
    """What is done, for programs: the same word in every run and version."""
    image: str = ""
    """The image that it is done for, if it is one."""
    total: int | None = None
    unit: str = ""
    key: str = field(default="", compare=False)
    """Which step that is: several may have the same title."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepAdvanced:
    """`amount` more of the step's total is done."""

    step: str
    amount: int
    key: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDone:
    """A step succeeded; `note` is a result for people, such as a size."""

    step: str
    note: str = ""
    key: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The run waits for a lock that another process holds."""

    lock: str
    holder: str
    """The process that holds it, such as ``process 12 on head``."""

    @property
    def text(self) -> str:
        """The line for people."""
        return f"waiting for {self.lock}: {self.holder} holds it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One line of a program's output; for the log file, not for the terminal."""

    program: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One line for people outside of all steps."""

    text: str
    image: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """One line about something that is allowed but should be checked."""

    text: str
    image: str = ""


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


Event = (
    StepStarted
    | StepAdvanced
    | StepDone
    | Waiting
    | Output
    | Notice
    | Caution
    | Proposal
    | UnitsEnabled
)
Listener = Callable[[Event], None]
_WORD = re.compile("[a-z0-9]+")


def ignore(event: Event) -> None:
    """A listener that ignores all events."""


@contextmanager
def step(
    listen: Listener, title: str, *, id: str = "", total: int | None = None, unit: str = ""
) -> Iterator[Callable[[int], None]]:
    """Announce a step around a block; the value advances it: ``advance(amount)``.

    A title with a name or number in it needs an `id`; else the title itself makes it.
    """
    # Steps of several processes reach one listener.
    key = os.urandom(8).hex()
    listen(StepStarted(step=title, id=id or _id_of(title), total=total, unit=unit, key=key))
    yield lambda amount: listen(StepAdvanced(step=title, amount=amount, key=key))
    listen(StepDone(step=title, key=key))


def _id_of(title: str) -> str:
    """``verifying modules`` becomes ``verifying-modules``."""
    return "-".join(_WORD.findall(title))


def about_image(listen: Listener, image: str) -> Listener:
    """A listener for what is done for one image: its events name the image."""

    def listen_about(event: Event) -> None:
        if isinstance(event, StepStarted | Notice | Caution):
            event = replace(event, image=image)
        listen(event)

    return listen_about


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
