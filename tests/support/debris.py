"""What a killed program may leave behind: processes, mounts, loop devices, half-written files."""

import contextlib
import ctypes
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 10.0
"""Seconds that the kernel has for ending the processes of a killed namespace."""
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Process:
    """One process of this machine; `state` is the letter of proc(5), ``Z`` for a zombie."""

    pid: int
    parent: int
    name: str
    state: str


def processes() -> list[Process]:
    """All processes."""
    return [found for entry in Path("/proc").iterdir() if (found := _process(entry))]


def _process(entry: Path) -> Process | None:
    if not entry.name.isdigit():
        return None
    try:
        head, _, rest = (entry / "stat").read_text().rpartition(")")
    except OSError:
        return None
    state, parent = rest.split()[:2]
    return Process(int(entry.name), int(parent), head.partition("(")[2], state)


def adopt_orphans() -> None:
    """Make this process the parent of every descendant whose own parent dies.

    So whatever a killed program leaves running is found below us, whatever it is called.
    """
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def descendants(*, of: int | None = None) -> list[Process]:
    """The living processes below this one (or below `of`); dead orphans are buried."""
    top = of or os.getpid()
    children: dict[int, list[Process]] = {}
    for process in processes():
        children.setdefault(process.parent, []).append(process)
    found: list[Process] = []
    rest = list(children.get(top, ()))
    while rest:
        process = rest.pop()
        rest += children.get(process.pid, ())
        if process.state in "ZX":
            _bury(process)
        else:
            found.append(process)
    return found


def _bury(orphan: Process) -> None:
    if orphan.parent == os.getpid():
        with contextlib.suppress(ChildProcessError):
            os.waitpid(orphan.pid, os.WNOHANG)


def mounts(marks: Iterable[Path]) -> list[str]:
    """The lines of this machine's mount table that name one of these paths."""
    return _marked(Path("/proc/self/mountinfo").read_text().splitlines(), marks)


def loop_devices(marks: Iterable[Path]) -> list[str]:
    """The loop devices with a file behind them that lies below one of these paths."""
    return _marked(_loop_devices(), marks)


def _loop_devices() -> Iterator[str]:
    for path in sorted(Path("/sys/block").glob("loop*/loop/backing_file")):
        with contextlib.suppress(OSError):
            yield f"{path.parent.parent.name} {path.read_text().strip()}"


def _marked(lines: Iterable[str], marks: Iterable[Path]) -> list[str]:
    marked = tuple(str(mark) for mark in marks)
    return [line for line in lines if any(mark in line for mark in marked)]


def tree(root: Path) -> list[str]:
    """Every path below a directory, relative to it, sorted."""
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def left_running(ours: Iterable[int], marks: Iterable[Path]) -> list[str]:
    """What is left in the kernel for good: it gets a moment to end what was killed.

    `ours` are the processes that were there before.
    """
    known = set(ours)
    marks = tuple(marks)
    deadline = time.monotonic() + PATIENCE
    while True:
        left = [f"process {p.pid} {p.name}" for p in descendants() if p.pid not in known]
        left += [f"mount {line}" for line in mounts(marks)]
        left += [f"loop device {line}" for line in loop_devices(marks)]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.02)
