"""Control groups that count and limit the processes of one call, if this process may make any.

Version 2 (cgroups(7)) has one tree for all controllers, version 1 one for each. Root can make
groups nearly everywhere, an ordinary user only if systemd has delegated one.
"""

import contextlib
import errno
import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qlumod.system.processes.limits import MEMORY, PROCESSES, Limits

_PREFIX = "qlumod-"
_PATIENCE, _PAUSE = 5.0, 0.01
"""Seconds that the last processes of a group have to end, and between two checks."""
_OLD = 60.0
"""Seconds after which a group without processes counts as left by a killed run."""
_PIDS, _MEMORY = "pids", "memory"
_NAMES = {_PIDS: PROCESSES, _MEMORY: MEMORY}
"""The limit of each controller."""
_LIMITS = {
    (_PIDS, 2): "pids.max",
    (_PIDS, 1): "pids.max",
    (_MEMORY, 2): "memory.max",
    (_MEMORY, 1): "memory.limit_in_bytes",
}
_MET = {
    (_PIDS, 2): ("pids.events", "max"),
    (_PIDS, 1): ("pids.events", "max"),
    (_MEMORY, 2): ("memory.events", "oom_kill"),
    (_MEMORY, 1): ("memory.oom_control", "oom_kill"),
}
"""The file, and the line in it, that counts how often a limit was met."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A directory below which groups can be made, and what those limit."""

    directory: Path
    version: int
    controllers: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlGroup:
    """A control group that was made for one call: one directory, or one for each controller."""

    parts: tuple[Place, ...] = ()

    @property
    def counted(self) -> frozenset[str]:
        """The names of the limits that it counts; empty if there is no group."""
        return frozenset(_NAMES[name] for part in self.parts for name in part.controllers)

    @property
    def joining(self) -> tuple[Path, ...]:
        """The files into which a process writes 0 to join it."""
        return tuple(part.directory / "cgroup.procs" for part in self.parts)

    @property
    def met(self) -> frozenset[str]:
        """The names of the limits that were met."""
        return frozenset(
            _NAMES[name]
            for part in self.parts
            for name in part.controllers
            if _count(part.directory, *_MET[name, part.version])
        )


@contextmanager
def control_group(limits: Limits) -> Iterator[ControlGroup]:
    """A group with these limits, removed at the end; without parts if none can be made."""
    wanted: Mapping[str, int] = {_PIDS: limits.processes, _MEMORY: limits.memory}
    parts: list[Place] = []
    try:
        for place in cgroup_places():
            with contextlib.suppress(OSError):
                parts.append(_made(place, wanted))
        yield ControlGroup(parts=tuple(parts))
    finally:
        for part in parts:
            _remove(part.directory)


def _made(place: Place, wanted: Mapping[str, int]) -> Place:
    _sweep(place.directory)
    directory = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place.directory))
    try:
        for name in place.controllers:
            if wanted[name]:
                (directory / _LIMITS[name, place.version]).write_text(str(wanted[name]))
    except OSError:
        _remove(directory)
        raise
    return Place(directory=directory, version=place.version, controllers=place.controllers)


def cgroup_places() -> tuple[Place, ...]:
    """The directories for new groups: at most one for version 2, else one per controller."""
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8")
    own = Path("/proc/self/cgroup").read_text(encoding="utf-8")
    found = tuple(_of_version_2(mounts, own))
    return found or tuple(_of_version_1(mounts, own))


def _of_version_2(mounts: str, own: str) -> Iterator[Place]:
    """The nearest group above this process's own that delegates both controllers, and is writable.

    A group that contains processes cannot delegate (cgroups(7), "no internal processes").
    """
    top = _mounted(mounts, "cgroup2", "")
    path = _path(own, "")
    if top is None or path is None:
        return
    for group_ in (top / path, *(top / path).parents):
        handed = _read(group_ / "cgroup.subtree_control").split()
        if {_PIDS, _MEMORY}.issubset(handed) and os.access(group_, os.W_OK):
            yield Place(directory=group_, version=2, controllers=frozenset((_PIDS, _MEMORY)))
            return
        if group_ == top:
            return


def _of_version_1(mounts: str, own: str) -> Iterator[Place]:
    for name in (_PIDS, _MEMORY):
        top, path = _mounted(mounts, "cgroup", name), _path(own, name)
        if top is None or path is None:
            continue
        # In a container the group may not be visible by its path on the host.
        group_ = top / path if (top / path).is_dir() else top
        if os.access(group_, os.W_OK):
            yield Place(directory=group_, version=1, controllers=frozenset((name,)))


def _mounted(mounts: str, kind: str, controller: str) -> Path | None:
    """The mount point of a hierarchy (proc_pid_mountinfo(5))."""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        type_, _, options = after.split(" ")[:3]
        if type_ == kind and (not controller or controller in options.split(",")):
            return Path(_unescaped(before.split(" ")[4]))
    return None


def _unescaped(name: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), name)


def _path(own: str, controller: str) -> str | None:
    """The group of this process in a hierarchy, relative to its top (proc_pid_cgroup(5))."""
    for line in own.splitlines():
        _, names, path = line.split(":", 2)
        if controller in names.split(",") or names == controller:
            return path.lstrip("/")
    return None


def _count(directory: Path, file: str, name: str) -> int:
    for line in _read(directory / file).splitlines():
        key, _, value = line.partition(" ")
        if key == name and value.isdecimal():
            return int(value)
    return 0


def _read(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_text(encoding="utf-8")
    return ""


def _remove(directory: Path) -> None:
    """Remove a group; its processes have been killed, and may still be ending."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            directory.rmdir()
            return
        except FileNotFoundError:
            return
        except OSError as fault:
            if fault.errno != errno.EBUSY or time.monotonic() > deadline:
                return
        time.sleep(_PAUSE)


def _sweep(parent: Path) -> None:
    """Remove the groups of killed runs; the kernel keeps those that have processes."""
    for directory in sorted(parent.glob(f"{_PREFIX}*")):
        with contextlib.suppress(OSError):
            if time.time() - directory.stat().st_mtime > _OLD:
                directory.rmdir()
