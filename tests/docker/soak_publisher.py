"""One publication, or one removal, in a process of its own that says where it is, to be killed."""

import os
import re
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Event, StepAdvanced, StepDone, StepStarted
from qlumod.repository.format.settings import Wishes
from qlumod.repository.publishing.terms import Admission, Terms
from qlumod.repository.rules.retention import Retention
from qlumod.repository.verbs.gc import collect
from qlumod.workflows.publish import publish


@dataclass(frozen=True)
class Moment:
    """When something was announced: a step, and whether it began, went on or was done."""

    step: str
    kind: str


@dataclass(frozen=True)
class Order:
    """What is to be done; without files: letting go of what was published before."""

    repository: Path
    suite: str
    files: tuple[Path, ...]
    wishes: Wishes
    home: Path
    """GnuPG's."""
    grace: int


def carry_out(order: Order, halt: Moment | None, say: Connection) -> None:
    """Do it, and send each moment, then ``None``, or the text of an error; halt at a moment."""

    def listen(event: Event) -> None:
        if isinstance(event, StepStarted | StepAdvanced | StepDone):
            moment = Moment(_title(event.step), type(event).__name__.removeprefix("Step").lower())
            say.send(moment)
            if moment == halt:
                say.send("halted")
                # Until the signal comes.
                time.sleep(600)

    os.environ["GNUPGHOME"] = str(order.home)
    try:
        if order.files:
            publish(
                order.files,
                order.suite,
                wishes=order.wishes,
                admission=Admission(),
                terms=Terms(repository=order.repository),
                listen=listen,
            )
        else:
            collect(order.repository, retention=Retention(keep=2, grace=order.grace), listen=listen)
    except QlumodError as fault:
        say.send(str(fault))
    say.send(None)


def _title(step: str) -> str:
    """A step without what differs from one publication to the next."""
    return re.sub(r" \S*\d\S*( to \S*)?", "", step)
