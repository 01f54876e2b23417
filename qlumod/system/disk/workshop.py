"""What making things takes, whoever makes them: packages, places, processors."""

from dataclasses import dataclass, replace
from pathlib import Path

from qlumod.system.disk.store import Store

WORK = "work"
"""The directory of a cache that is built in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """Where layers, packages and reference installations are made, and how many work at them.

    No byte depends on `elsewhere` or `processors`.
    """

    store: Store
    """The package store."""
    cache: Path
    """The directory of what was made, by its identity."""
    elsewhere: Path | None = None
    """The directory to build in; None: in the cache."""
    processors: int | None = None
    """How many may work; None: all."""

    @property
    def work(self) -> Path:
        """The directory to build in."""
        return self.elsewhere or self.cache / WORK

    def shared(self, processors: int) -> "Workshop":
        """The workshop of one of several builds side by side, which has so many processors."""
        return replace(self, processors=processors)
