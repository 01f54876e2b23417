"""What a package of a module holds: as much as tells whether it goes together with others."""

from collections.abc import Mapping
from dataclasses import dataclass

from qlumod.model.names import ArchName, Digest, FlavorName, ModuleName, ReleaseVersion

SetKey = tuple[ReleaseVersion, FlavorName, ArchName]
"""What the modules of one image have in common."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A module in a package: what it says of other modules, and what Debian packages it has."""

    module: ModuleName
    release: ReleaseVersion
    flavor: FlavorName
    architecture: ArchName
    requires: tuple[ModuleName, ...]
    conflicts: tuple[ModuleName, ...]
    payload: Digest
    """Of its manifest, which names every file of it by digest."""
    packages: Mapping[str, str]
    """The version of each."""

    @property
    def key(self) -> SetKey:
        """Which modules it may be in one image with."""
        return self.release, self.flavor, self.architecture
