"""What the commands of release engineers work with: where all lies, what for, and how."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.model.address import Address
from qlumod.model.profile import RELEASED
from qlumod.packaging.release_archives import Reach
from qlumod.system.disk.store import Store, store_in
from qlumod.system.disk.workshop import Workshop
from qlumod.system.processes.stalling import STALL


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """Documents, directories and archives, and what is made of them; None: the default."""

    specs: Path
    """The directory of the module specs, the release file and the locks."""
    cache: Path
    """The directory of fetched packages, built layers, scans and logs."""
    store: Path | None = None
    """The directory of fetched packages, where it is not the cache's."""
    addresses: Sequence[Address] = ()
    """Where archives of the release are, besides what the host's apt and the release say."""
    flavor: str | None = None
    arch: str | None = None
    profile: str = RELEASED
    work: Path | None = None
    """The directory to build in where memory does not suffice."""
    processors: int | None = None
    """How many processors may work; no byte depends on it."""
    stall: float = STALL
    """The seconds that hardly anything may come of a mirror; 0: as long as it takes."""
    host: Path | None = None
    """The APT_CONFIG of the host whose apt knows archives; None: this host's."""

    @property
    def packages(self) -> Store:
        """The package store."""
        return store_in(self.cache, self.store)

    @property
    def reach(self) -> Reach:
        """Where archives are looked for."""
        return Reach(
            beside=self.specs,
            cache=self.cache,
            addresses=self.addresses,
            host=self.host,
            stall=self.stall,
        )

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
