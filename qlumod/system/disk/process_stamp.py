"""Whose a temporary file is: told by its name, so that what killed processes left can go."""

import os
import time
from pathlib import Path

from qlumod.model.digests import digest_bytes

FORGOTTEN = 24 * 3600.0
"""After how many seconds a file goes whose maker cannot be looked for: it was on another machine,
or in a PID namespace that is not ours."""


def maker() -> str:
    """This process, as a part of a file name without blanks and ``@``."""
    return f"{_world()}@{os.getpid()}"


def abandoned(path: Path, made_by: str) -> bool:
    """Whether the process is gone that made a file with its `maker` name."""
    world, _, process = made_by.rpartition("@")
    if world == _world():
        return not lives(process)
    return time.time() - path.lstat().st_mtime > FORGOTTEN


def lives(process: str) -> bool:
    """Whether there is a process of that number in this PID namespace, whoever's it is."""
    # Not /proc: what is mounted there may be that of another PID namespace.
    try:
        os.kill(int(process), 0)
    except PermissionError:
        return True
    except (ValueError, OverflowError, ProcessLookupError):
        return False
    return True


def _world() -> str:
    """Where process ids mean what they mean here."""
    namespace = Path("/proc/self/ns/pid").readlink().name.strip("pid:[]")
    return digest_bytes(f"{os.uname().nodename} {namespace}".encode())[:10]
