"""The paths and settings for locking and fetching."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.model.address import Address
from qlumod.model.profile import RELEASED
from qlumod.packaging.archives import Reach
from qlumod.system.disk.store import Store, store_in
from qlumod.system.processes.stalling import STALL


@dataclass(frozen=True, slots=True, kw_only=True)
class LockPlace:
    """Documents, archives and the store; None: the default."""

    specs: Path
    """The directory of the module specs, the release file and the locks."""
    cache: Path
    """The directory of fetched packages, built layers, scans and logs."""
    store: Path | None = None
    """The directory of fetched packages, if it is not the cache's."""
    addresses: Sequence[Address] = ()
    """Addresses of the release's archives, in addition to those of host and release."""
    flavor: str | None = None
    arch: str | None = None
    profile: str = RELEASED
    stall: float = STALL
    """The seconds after which a stalled mirror fails; 0: no limit."""
    host: Path | None = None
    """The package manager's configuration of the host that knows archives; None: this host's."""

    @property
    def packages(self) -> Store:
        """The package store."""
        return store_in(self.cache, self.store)

    @property
    def reach(self) -> Reach:
        """How archives are found."""
        return Reach(
            beside=self.specs,
            cache=self.cache,
            addresses=self.addresses,
            host=self.host,
            stall=self.stall,
        )
