"""Where trees are unpacked: in memory where there is room for them, else on the disk."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from qlumod.system.mount import tmpfs
from qlumod.system.user_namespace import confined

ENOUGH = 6 << 30
"""Bytes of free memory from which on a tree is unpacked in memory."""


@contextmanager
def scratch_space(place: Path) -> Iterator[Path]:
    """An empty directory for one build; in memory it needs no sync, and is gone with its mount.

    On the disk it is emptied here: outside of a user namespace nobody might remove it.
    """
    place.mkdir()
    # The group of a directory above that has its set-group-id bit is none of ours.
    os.chown(place, 0, 0)
    place.chmod(0o755)
    if available_memory() >= ENOUGH and _memory_takes_overlay(place):
        with tmpfs(place, size="70%"):
            yield place
        return
    try:
        yield place
    finally:
        shutil.rmtree(place)


def _memory_takes_overlay(place: Path) -> bool:
    """Whether overlayfs can write its notes in a tmpfs: ``user.*`` only since Linux 6.6."""
    if not confined():
        return True
    with tmpfs(place), suppress(OSError):
        os.setxattr(place, "user.qlumod", b"")
        return True
    return False


def available_memory() -> int:
    """Bytes of memory that programs can have without swapping (proc(5), MemAvailable)."""
    for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return int(value.split()[0]) * 1024
    return 0
