"""Downloads that hardly get on: given up after a while, so that nobody waits for ever for a lock.

apt itself gives a connection up on which nothing comes for 30 seconds (Acquire::http::Timeout); one
that brings a byte every five seconds it follows for ever.
"""

import os
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener, ignore
from qlumod.system.processes.command import Command
from qlumod.system.processes.run import run
from qlumod.system.processes.workers import workers

RATE = 1000
"""Bytes a second that a download brings at least, on the average of the time."""
STALL = 180.0
"""Seconds that it may take less, if nothing else is said: longer than apt takes to tell that a host
cannot be reached."""
_PAUSE = 0.5
"""Seconds between two looks."""


class Stalled(QlumodError):
    """A download brought less than it should, for too long."""


def run_unless_stalled(
    call: Command,
    came: Callable[[], int],
    *,
    what: str,
    stall: float,
    listen: Listener = ignore,
    on_line: Callable[[str], None] | None = None,
) -> None:
    """Run a program that downloads; raises as `run`, and `Stalled`, when it has been ended.

    `came` tells how many bytes have come by now. `stall` are the seconds that it may bring less
    than `RATE`; 0: as long as it likes. `what` is downloaded, for the error.
    """
    watch = _Watch(stall)
    with workers(1) as beside:
        running = beside.submit(run, call, listen=listen, on_line=on_line)
        while not _ended(running):
            if watch.is_stalled(came()):
                raise _stalled(what, stall)
    running.result()


class Growing:
    """How many bytes have come into directories, whatever becomes of the files that were there."""

    def __init__(self, *folders: Path) -> None:
        self._folders = folders
        self._sizes = self._look()
        self._came = 0

    def __call__(self) -> int:
        """The bytes by now."""
        now = self._look()
        self._came += sum(max(0, size - self._sizes.get(name, 0)) for name, size in now.items())
        self._sizes = now
        return self._came

    def _look(self) -> dict[str, int]:
        found = {}
        for folder in self._folders:
            with suppress(FileNotFoundError), os.scandir(folder) as entries:
                for entry in entries:
                    # It may have gone, or got its own name, in between.
                    with suppress(FileNotFoundError):
                        found[entry.path] = entry.stat(follow_symlinks=False).st_size
        return found


class _Watch:
    """What had come at which time, as far back as it is of interest."""

    def __init__(self, stall: float) -> None:
        self._stall = stall
        self._seen: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])

    def is_stalled(self, came: int) -> bool:
        """Whether too little has come since the beginning of the time that is allowed."""
        now = time.monotonic()
        self._seen.append((now, came))
        while len(self._seen) > 1 and self._seen[1][0] <= now - self._stall:
            self._seen.popleft()
        since, before = self._seen[0]
        return 0 < self._stall <= now - since and came - before < RATE * self._stall


def _ended(running: Future[None]) -> bool:
    return bool(wait([running], _PAUSE).done)


def _stalled(what: str, stall: float) -> Stalled:
    return Stalled(
        f"{what} came too slowly: less than {RATE} bytes a second for {stall:g} seconds",
        remedy="run it again: what has come is kept, and goes on from there; name another mirror"
        " (--archive NAME=URI), or wait longer (--stall SECONDS)",
    )
