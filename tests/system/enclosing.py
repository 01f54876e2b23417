"""Inside: running scripts in an enclosure of a small root, and telling how it went."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from qlumod.errors import QlumodError
from qlumod.events import Caution, Event, Listener, Output
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.bubblewrap import Shown
from qlumod.system.enclosure.enclosure import enclosed
from qlumod.system.processes import limits
from qlumod.system.processes.command import CommandFailed


def play(
    *,
    listen: Listener,
    root: str,
    scripts: list[str],
    bounds: Mapping[str, int],
    shown: list[tuple[str, str, bool]],
) -> dict[str, Any]:
    """Run shell scripts one after the other in one enclosure; what was printed, told and raised."""
    del listen
    limits.impose(replace(limits.usual(), **bounds))
    heard: list[Event] = []
    raised: dict[str, Any] = {}
    views = [Shown(source=Path(place), name=name, writable=rw) for place, name, rw in shown]
    with enclosed(Root(Path(root)), *views) as place:
        for script in scripts:
            try:
                place.run("sh", "-c", script, epoch=7, listen=heard.append)
            except QlumodError as error:
                raised = {"text": str(error), "class": type(error).__name__}
                if isinstance(error, CommandFailed):
                    raised |= {"status": error.status, "limit": getattr(error, "limit", "")}
    return {
        "printed": [event.line for event in heard if isinstance(event, Output)],
        "told": [event.text for event in heard if isinstance(event, Caution)],
        "raised": raised,
        "limits": asdict(limits.in_force()),
        "left": [path.name for path in Path(root).parent.iterdir()],
    }


def stop_first(*, listen: Listener, root: str) -> None:
    """An error while something is mounted that cannot be unmounted."""
    del listen
    from qlumod.system.disk.mount import tmpfs  # noqa: PLC0415

    with tmpfs(Path(root) / "tmp"):
        (Path(root) / "tmp/open").touch()
        with (Path(root) / "tmp/open").open():
            raise QlumodError("the true reason")


def mount_later(*, listen: Listener, root: str, script: str, name: str) -> None:
    """Run a script, and then a program that is shown something at a path."""
    with enclosed(Root(Path(root))) as place:
        place.run("sh", "-c", script, listen=listen)
        shown = Shown(source=Path(root, "etc"), name=name)
        place.showing(shown).run("true", listen=listen)
