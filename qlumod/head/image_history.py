"""The history file of each image, and who writes into it."""

import os
import re
import time
from pathlib import Path

from qlumod import __version__
from qlumod.errors import QlumodError
from qlumod.events import Caution, Listener
from qlumod.head.generations import generations, read_deployed
from qlumod.head.places import Places
from qlumod.model.document import readable
from qlumod.model.history import (
    Done,
    History,
    HistoryEvent,
    carried_out,
    history_text,
    parse_history,
)
from qlumod.model.image import ImageName
from qlumod.model.numbers import NO_ID, number
from qlumod.system.disk.directories import make_directories
from qlumod.system.disk.documents import read_document
from qlumod.system.disk.files import write_whole
from qlumod.system.disk.ownership import user_name

_USER = re.compile(r"[A-Za-z0-9._@-]{1,64}")
_LOGIN = Path("/proc/self/loginuid")
"""The user who logged in, whatever sudo made of them (proc_pid_loginuid(5))."""


def history_path(places: Places, name: ImageName) -> Path:
    """The history file of an image."""
    return places.built / name / "history"


def unreadable_path(places: Places, name: ImageName) -> Path:
    """Where a history is put that cannot be read; while it is there, the pins are unknown."""
    return places.built / name / "history.unreadable"


def read_history(places: Places, name: ImageName) -> History:
    """What was done with the generations of an image, oldest first; raises `QlumodError`."""
    path = history_path(places, name)
    if not path.exists():
        return ()
    events = parse_history(read_document(path), str(path))
    return carried_out(events, generations(places, name), read_deployed(places, name))


def record(places: Places, name: ImageName, *events: HistoryEvent, listen: Listener) -> None:
    """Write events before they are carried out by one rename. Needs the lock.

    A history that cannot be read is put aside: it must not keep nodes from a generation.
    """
    path = history_path(places, name)
    make_directories(path.parent)
    try:
        before = read_history(places, name)
    except QlumodError as fault:
        aside = unreadable_path(places, name)
        listen(Caution(text=f"a new history begins, the old one is now {aside}: {fault.brief}"))
        if not aside.exists():
            path.rename(aside)
        before = ()
    text = history_text([*before, *events])
    write_whole(path, readable(text, str(path), parse_history))


def event(
    done: Done, generation: str, reason: str, *, seconds: int = 0, inputs: str = ""
) -> HistoryEvent:
    """An event that happens now, by the user who gave the command."""
    return HistoryEvent(
        done=done,
        generation=generation,
        time=int(time.time()),
        by=who(),
        reason=reason,
        seconds=seconds,
        inputs=inputs,
        qlumod=__version__,
    )


def who() -> str:
    """The user who gave the command, and as whom: ``anna (as root)``."""
    name = user_name(os.geteuid())
    person = os.environ.get("SUDO_USER", "")
    if not _USER.fullmatch(person):
        person = _logged_in()
    return name if person in ("", name) else f"{person} (as {name})"


def _logged_in() -> str:
    try:
        uid = number(_LOGIN.read_text(encoding="ascii"))
    except (OSError, QlumodError):
        return ""
    return "" if uid == NO_ID else user_name(uid)
