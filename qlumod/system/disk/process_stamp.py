"""The process of a temporary file, in the file's name: files of killed processes are removed."""

import os
import time
from pathlib import Path

from qlumod.model.digests import digest_bytes

FORGOTTEN = 24 * 3600.0
"""After how many seconds a file goes whose maker cannot be looked for: it was on another machine,
or in a PID namespace that is not ours."""


def maker() -> str:
    """The name of this process for file names, without blanks and ``@``."""
    return f"{_world()}@{os.getpid()}"


def abandoned(path: Path, made_by: str) -> bool:
    """Whether the process that made a file with its `maker` name has ended."""
    world, _, process = made_by.rpartition("@")
    if world == _world():
        return not lives(process)
    return time.time() - path.lstat().st_mtime > FORGOTTEN


def lives(process: str) -> bool:
    """Whether this PID namespace has a process of that number, of any user."""
    # Not /proc: it may be mounted for another PID namespace.
    try:
        os.kill(int(process), 0)
    except PermissionError:
        return True
    except (ValueError, OverflowError, ProcessLookupError):
        return False
    return True


def _world() -> str:
    """The machine and the PID namespace in which process ids are valid."""
    namespace = Path("/proc/self/ns/pid").readlink().name.strip("pid:[]")
    return digest_bytes(f"{os.uname().nodename} {namespace}".encode())[:10]
