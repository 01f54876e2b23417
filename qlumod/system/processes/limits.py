"""How much the programs of a root may take, and the errors that say which limit one has met.

A script that waits for ever, a fork bomb or a file without end ends with an error, before it takes
the machine down. As with ulimit, limits are this process's, and hold for all that it starts.
"""

import os
import re
import signal
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from qlumod.system.processes.command import Command, CommandFailed, FellSilent


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What programs may take that are started together; 0 is no limit."""

    silence: int
    """Seconds without output."""
    processes: int
    """Processes at the same time."""
    memory: int
    """Bytes: of all together where there is a cgroup for them, else of each process."""
    file_size: int
    """Bytes of one file, holes included."""

    def for_each(self, counted: Collection[str]) -> Iterator[str]:
        """The options of prlimit(1) for each process; a cgroup has `counted` some limits already.

        The kernel does not count the processes of root (RLIMIT_NPROC, getrlimit(2)).
        """
        yield "--core=0"
        if self.file_size:
            yield f"--fsize={self.file_size}"
        if self.processes and PROCESSES not in counted:
            yield f"--nproc={self.processes}"
        if self.memory and MEMORY not in counted:
            # Not what is only reserved: Java and Go reserve much more than they take.
            yield f"--data={self.memory}"


SILENCE, PROCESSES, MEMORY, FILE_SIZE = "silence", "processes", "memory", "file-size"
"""The limits' names, as in the options."""

USUAL_SILENCE = 150 * 60
"""As sbuild's stalled_pkg_timeout (sbuild.conf(5))."""
USUAL_PROCESSES = 4096
USUAL_FILE_SIZE = 16 << 30


def usual_memory() -> int:
    """Three quarters of this machine's memory: bytes, in whole MiB."""
    pages = os.sysconf("SC_PHYS_PAGES") * 3 // 4
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20 << 20


def usual() -> Limits:
    """The limits where nobody says otherwise."""
    return Limits(
        silence=USUAL_SILENCE,
        processes=USUAL_PROCESSES,
        memory=usual_memory(),
        file_size=USUAL_FILE_SIZE,
    )


_imposed: list[Limits] = []


def impose(limits: Limits) -> None:
    """Make these the limits of what this process starts from now on."""
    _imposed[:] = [limits]


def in_force() -> Limits:
    """The limits of what this process starts."""
    return _imposed[0] if _imposed else usual()


class LimitMet(CommandFailed):
    """A program has met a limit, and was ended or has failed for it; `limit` is its name."""

    def __init__(
        self, command: Command, limits: Limits, limit: str, *, tail: Collection[str] = ()
    ) -> None:
        ending, remedy = _words(limits, limit)
        super().__init__(command, 0, tuple(tail), ending=ending, remedy=remedy)
        self.limit = limit


def _words(limits: Limits, limit: str) -> tuple[str, str]:
    more = f"if these packages need more, allow it: --limit-{limit}"
    return {
        SILENCE: (
            f"ended, since it printed nothing for {_spoken(limits.silence)}",
            f"see what it did last in the log of the run; {more}",
        ),
        PROCESSES: (f"it met the limit of {limits.processes} processes at the same time", more),
        MEMORY: (f"it met the limit of {limits.memory >> 20} MiB of memory", more),
        FILE_SIZE: (
            f"it met the limit of {limits.file_size >> 20} MiB for the size of a file",
            more,
        ),
    }[limit]


def _spoken(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 120 or seconds % 60 else f"{seconds // 60} minutes"


_SIGNS = (
    (FILE_SIZE, re.compile(r"File size limit exceeded|File too large")),
    (PROCESSES, re.compile(r"Resource temporarily unavailable|[Cc]annot fork|can't fork")),
    (MEMORY, re.compile(r"Cannot allocate memory|[Oo]ut of memory|MemoryError")),
)
"""What programs say who have met a limit of prlimit(1) (strerror(3), strsignal(3))."""


def explained(
    failed: CommandFailed, limits: Limits, *, met: Collection[str], counted: Collection[str]
) -> CommandFailed:
    """The failure, as that of a limit where one was the reason.

    A cgroup has `counted` some limits, and knows which of these were `met`.
    """
    if isinstance(failed, FellSilent):
        limit = SILENCE
    elif met:
        limit = min(met)
    else:
        limit = next(_told(failed, limits, counted), "")
    return LimitMet(failed.command, limits, limit, tail=failed.tail) if limit else failed


def _told(failed: CommandFailed, limits: Limits, counted: Collection[str]) -> Iterator[str]:
    """The limits of prlimit(1) that a program's last words speak of."""
    if limits.file_size and failed.status == -signal.SIGXFSZ:
        yield FILE_SIZE
    imposed = {FILE_SIZE: limits.file_size, PROCESSES: limits.processes, MEMORY: limits.memory}
    for limit, sign in _SIGNS:
        if imposed[limit] and limit not in counted and any(map(sign.search, failed.tail)):
            yield limit
