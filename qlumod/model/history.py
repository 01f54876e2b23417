"""The history of an image: what was built, deployed and pinned, when, by whom and why."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from qlumod.errors import QlumodError
from qlumod.model.characters import unseen
from qlumod.model.document import Reading, Stanza, written
from qlumod.model.fields import Fields
from qlumod.model.numbers import epoch, number

MOST = 500
"""The number of events that are kept, the newest ones."""
_GENERATION = re.compile("[1-9][0-9]{0,17}")
NEVER_BUILT = "0"
"""Before the first generation."""


class Done(StrEnum):
    """What was done with a generation."""

    BUILT = "built"
    DEPLOYED = "deployed"
    PINNED = "pinned"
    UNPINNED = "unpinned"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEvent:
    """One thing that was done with a generation of an image."""

    done: Done
    generation: str
    time: int
    """Seconds since 1970, UTC."""
    by: str
    """The user, such as ``anna (as root)``."""
    reason: str = ""
    seconds: int = 0
    """How long a build took."""
    inputs: str = ""
    """The digest of the inputs of a build."""
    qlumod: str = ""
    """The version of qlumod."""


History = Sequence[HistoryEvent]
"""Oldest first."""


def history_text(events: History) -> str:
    """Write a history: the newest `MOST` events, and the older pins that are in force."""
    older, newest = events[:-MOST], events[-MOST:]
    pins = [one for one in older if one.done is Done.PINNED and one.generation in pinned(events)]
    return written([("Format", "1")], *map(_stanza, [*pins, *newest]))


def parse_history(text: str, path: str) -> History:
    """Read a history; raises `QlumodError`."""
    reading = Reading(path)
    stanzas = reading.stanzas(text)
    found = tuple(_event(reading, stanza) for stanza in stanzas[1:])
    reading.finish()
    return found


def carried_out(events: History, generations: Collection[str], deployed: str | None) -> History:
    """The history without a last event that a killed run announced and did not carry out.

    An event is written before the rename that it tells of.
    """
    if not events:
        return events
    last, newest = events[-1], max(generations, key=number, default=NEVER_BUILT)
    interrupted = {
        Done.BUILT: number(last.generation) > number(newest),
        Done.DEPLOYED: last.generation != deployed,
    }
    return events[:-1] if interrupted.get(last.done) else events


def deployed_before(events: History, generations: Collection[str], deployed: str) -> str | None:
    """The generation that was deployed before the present one, of those that are still there.

    One that was gone back from does not count. If the history does not know one, the newest older
    generation; None: there is none.
    """
    way: list[str] = []
    for event in events:
        if event.done is not Done.DEPLOYED:
            continue
        if event.generation in way:
            del way[way.index(event.generation) :]
        way.append(event.generation)
    for generation in reversed(way):
        if generation != deployed and generation in generations:
            return generation
    older = [one for one in generations if number(one) < number(deployed)]
    return max(older, key=number, default=None)


def pinned(events: History) -> frozenset[str]:
    """The generations that are pinned."""
    found: set[str] = set()
    for event in events:
        if event.done is Done.PINNED:
            found.add(event.generation)
        elif event.done is Done.UNPINNED:
            found.discard(event.generation)
    return frozenset(found)


def reason_text(text: str) -> str:
    """A reason as the history keeps it: one line; raises `QlumodError`."""
    line = " ".join(text.split())
    if unseen(line):
        raise QlumodError("the reason has characters that nobody sees")
    return line


def generation_name(text: str) -> str:
    """Check the name of a generation, a positive number; raises `QlumodError`."""
    if not _GENERATION.fullmatch(text):
        raise QlumodError(f"{text[:40]!r} is no generation: it is a number")
    return text


def _stanza(event: HistoryEvent) -> list[tuple[str, str]]:
    return [
        ("Done", str(event.done)),
        ("Generation", event.generation),
        ("Time", str(event.time)),
        ("By", event.by),
        ("Reason", event.reason),
        ("Seconds", str(event.seconds or "")),
        ("Inputs", event.inputs),
        ("Qlumod", event.qlumod),
    ]


def _event(reading: Reading, stanza: Stanza) -> HistoryEvent:
    fields = Fields(reading, stanza)
    event = HistoryEvent(
        done=fields.need("Done", _done, Done.BUILT),
        generation=fields.need("Generation", generation_name, NEVER_BUILT),
        time=fields.need("Time", epoch, 0),
        by=fields.one("By", str, ""),
        reason=fields.one("Reason", str, ""),
        seconds=fields.one("Seconds", number, 0),
        inputs=fields.one("Inputs", str, ""),
        qlumod=fields.one("Qlumod", str, ""),
    )
    fields.done()
    return event


def _done(text: str) -> Done:
    try:
        return Done(text)
    except ValueError:
        raise QlumodError(f"{text!r} is none of {', '.join(Done)}") from None
