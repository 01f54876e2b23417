"""The newest run that builds an image: its events, and the unit that it is part of."""

import os
import re
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.head.places import Places
from qlumod.model.build_run import BuildRun, parse_run
from qlumod.model.image import ImageName
from qlumod.system.disk.locking import process_here
from qlumod.system.disk.process_stamp import lives

_MOST = 1 << 20
"""The most bytes of a line that are read."""
_UNIT = re.compile(r"^(?:0:|\d+:name=systemd):.*/(qlumod-[^/]+\.service)$", re.M)
"""Where cgroups(7) names a service of ours, under either version of control groups."""


def read_run(places: Places, name: ImageName) -> BuildRun | None:
    """The newest run for an image whose events are kept; None: there is none, or it is unclear.

    A reboot removes the events.
    """
    try:
        return parse_run(*_ends(places.events(name)))
    except (OSError, QlumodError):
        return None


def is_running(run: BuildRun) -> bool:
    """Whether a run goes on: it has not ended, and nobody has killed its process."""
    process = process_here(run.process)
    return run.ended is None and process is not None and lives(process)


def unit_of(holder: str) -> str | None:
    """The unit of ours that the holder of a lock is part of; None: none that is known."""
    process = process_here(holder)
    if process is None:
        return None
    try:
        with Path(f"/proc/{process}/cgroup").open("rb") as stream:
            found = _UNIT.search(stream.read(_MOST).decode(errors="replace"))
    except OSError:
        return None
    return found[1] if found else None


def _ends(path: Path) -> tuple[bytes, bytes]:
    """The first and the last line of a file; what is too long of them is missing."""
    with path.open("rb") as stream:
        first = stream.readline(_MOST)
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - _MOST))
        last = stream.read(_MOST).rstrip(b"\n").rpartition(b"\n")[2]
    return first, last
