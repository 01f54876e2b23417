"""The place where trees are unpacked: in memory if there is enough, otherwise on the disk."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from qlumod.system.disk.mount import tmpfs
from qlumod.system.disk.removal import clear_directory, remove_directory
from qlumod.system.processes.user_namespace import confined

ENOUGH = 3 << 30
"""The least bytes of free memory, for each of at least two processors, to unpack trees in memory:
every processor may build a module of its own."""
CGROUPS = Path("/sys/fs/cgroup")


MOST = 0.7
"""The part of the free memory that trees may fill."""


@contextmanager
def scratch_space(
    place: Path, *, processors: int | None = None, available: int | None = None
) -> Iterator[Path]:
    """An empty directory for one build; in memory it needs no sync, and ends with its mount.

    On the disk it is emptied here: outside of a user namespace nobody might remove it. Who works
    with so many of the `processors` (None: all) may fill as large a part of the memory.
    `available` are its free bytes (None: measured).
    """
    place.mkdir()
    # The group of a directory above that has its set-group-id bit is none of ours.
    os.chown(place, 0, 0)
    place.chmod(0o755)
    there = len(os.sched_getaffinity(0))
    available = available_memory() if available is None else available
    if available >= ENOUGH * max(2, there) and _memory_takes_overlay(place):
        share = min(processors or there, there) / there
        with tmpfs(place, size=str(max(ENOUGH, int(available * MOST * share)))):
            yield place
        return
    try:
        yield place
    except BaseException:
        # Report the first error.
        clear_directory(place)
        raise
    remove_directory(place)


def _memory_takes_overlay(place: Path) -> bool:
    """Whether overlayfs can write its attributes in a tmpfs: ``user.*`` only since Linux 6.6."""
    if not confined():
        return True
    with tmpfs(place), suppress(OSError):
        os.setxattr(place, "user.qlumod", b"")
        return True
    return False


def available_memory() -> int:
    """Bytes of memory that programs can use without swapping, by the machine and the cgroup."""
    group = Path("/proc/self/cgroup").read_text(encoding="utf-8")
    return min([_free_on_machine(), *free_in_groups(group, CGROUPS)])


def free_in_groups(group: str, cgroups: Path) -> list[int]:
    """The memory that the limits of a process's cgroup and its parents leave (cgroup v2).

    `group` is its ``/proc/PID/cgroup``, where the line with the number 0 is that of version 2.
    """
    found = re.search(r"^0::/(.*)$", group, re.MULTILINE)
    place = cgroups / found[1] if found else cgroups
    places = (place, *place.parents)[: len(place.relative_to(cgroups).parts) + 1]
    return [free for each in places if (free := _left_by_limit(each)) is not None]


def _left_by_limit(group: Path) -> int | None:
    with suppress(OSError, ValueError):
        limit = int((group / "memory.max").read_text(encoding="utf-8"))
        return max(0, limit - int((group / "memory.current").read_text(encoding="utf-8")))
    return None


def _free_on_machine() -> int:
    """MemAvailable of proc(5)."""
    for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return int(value.split()[0]) * 1024
    return 0
