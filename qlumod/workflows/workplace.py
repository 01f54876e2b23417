"""The paths and settings for the commands of release engineers."""

from dataclasses import dataclass
from pathlib import Path

from qlumod.lock.verbs.lock_place import LockPlace
from qlumod.system.disk.store import store_in
from qlumod.system.disk.workshop import Workshop


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace(LockPlace):
    """The paths and settings for locking and for using locked packages; None: the default."""

    work: Path | None = None
    """The directory for builds that do not fit into memory."""
    processors: int | None = None
    """The number of processors to use; it does not affect any byte."""

    @property
    def workshop(self) -> Workshop:
        """The place where layers and reference installations are made."""
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
