"""Where trees are unpacked: in memory where there is room for them, else on the disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qlumod.system.mount import tmpfs

ENOUGH = 6 << 30
"""Bytes of free memory from which on a tree is unpacked in memory."""


@contextmanager
def scratch_space(place: Path) -> Iterator[Path]:
    """An empty directory for one build; in memory it needs no sync, and is gone with its mount."""
    place.mkdir()
    if available_memory() < ENOUGH:
        yield place
        return
    with tmpfs(place, size="70%"):
        yield place


def available_memory() -> int:
    """Bytes of memory that programs can have without swapping (proc(5), MemAvailable)."""
    for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return int(value.split()[0]) * 1024
    return 0
