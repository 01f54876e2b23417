"""What a killed program may leave behind: mounts, loop devices, processes, half-written files."""

import contextlib
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 5.0
"""Seconds that the kernel has for ending the processes of a killed namespace."""


@dataclass(frozen=True)
class Process:
    """One process of this machine."""

    pid: int
    parent: int
    name: str
    words: str
    namespace: str
    """Its mount namespace, as the link in /proc says it; empty where it is not ours to see."""


def processes() -> list[Process]:
    """All processes that live (no zombies)."""
    return [found for entry in Path("/proc").iterdir() if (found := _process(entry))]


def _process(entry: Path) -> Process | None:
    if not entry.name.isdigit():
        return None
    try:
        status = (entry / "stat").read_text()
        words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        namespace = str((entry / "ns" / "mnt").readlink())
    except OSError:
        return None
    head, _, rest = status.rpartition(")")
    state, parent = rest.split()[:2]
    if state in "ZX":
        return None
    return Process(int(entry.name), int(parent), head.partition("(")[2], words.strip(), namespace)


def mounts() -> frozenset[str]:
    """Every mount of this machine's own namespace: ``mount point type source``."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return frozenset(" ".join((line.split()[4], line.partition(" - ")[2])) for line in lines)


def loop_devices() -> frozenset[str]:
    """Every loop device that has a file behind it: ``loop0 /the/file``."""
    return frozenset(
        f"{path.parent.parent.name} {path.read_text().strip()}"
        for path in Path("/sys/block").glob("loop*/loop/backing_file")
    )


def tree(root: Path) -> frozenset[str]:
    """Every path below a directory, relative to it."""
    return frozenset(str(path.relative_to(root)) for path in root.rglob("*"))


@dataclass(frozen=True)
class Footprint:
    """What there is at one moment that a program could have left."""

    mounts: frozenset[str]
    loops: frozenset[str]
    processes: frozenset[str]
    namespaces: frozenset[str]

    @classmethod
    def take(cls, mark: str) -> "Footprint":
        """Look now; of the processes only those whose command line or environment holds `mark`."""
        marked = [process for process in processes() if _belongs(process, mark)]
        return cls(
            mounts=frozenset(mount for mount in mounts() if mark in mount),
            loops=frozenset(loop for loop in loop_devices() if mark in loop),
            processes=frozenset(f"{process.pid} {process.words}" for process in marked),
            namespaces=frozenset(process.namespace for process in marked),
        )

    @property
    def empty(self) -> bool:
        """Whether nothing of that program is there."""
        return not (self.mounts or self.loops or self.processes)


def _belongs(process: Process, mark: str) -> bool:
    if process.pid == os.getpid():
        return False
    if mark in process.words:
        return True
    with contextlib.suppress(OSError):
        return mark.encode() in Path(f"/proc/{process.pid}/environ").read_bytes()
    return False


def settled(mark: str) -> Footprint:
    """What is left for good: the kernel gets a moment to end what was killed."""
    deadline = time.monotonic() + PATIENCE
    while not (left := Footprint.take(mark)).empty and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


_HALF_WRITTEN = re.compile(r"(\.part|\.new|\.tmp|\.partial|~)$")


def half_written(root: Path) -> Iterator[str]:
    """Paths that look like the beginning of a result."""
    return (path for path in sorted(tree(root)) if _HALF_WRITTEN.search(path))
