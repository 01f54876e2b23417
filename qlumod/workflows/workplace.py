"""What the commands of release engineers work with: where all lies, what for, and how."""

from dataclasses import dataclass
from pathlib import Path

from qlumod.lock.verbs.lock_place import LockPlace
from qlumod.system.disk.store import store_in
from qlumod.system.disk.workshop import Workshop


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace(LockPlace):
    """What it takes to lock, and to make something of what is locked; None: the default."""

    work: Path | None = None
    """The directory to build in where memory does not suffice."""
    processors: int | None = None
    """How many processors may work; no byte depends on it."""

    @property
    def workshop(self) -> Workshop:
        """Where layers and reference installations are made."""
        return workshop_in(self.cache, store=self.store, work=self.work, processors=self.processors)


def workshop_in(
    cache: Path,
    *,
    store: Path | None = None,
    work: Path | None = None,
    processors: int | None = None,
) -> Workshop:
    """The workshop of a cache; None: the default, as in `Workplace`."""
    return Workshop(
        store=store_in(cache, store), cache=cache, elsewhere=work, processors=processors
    )
