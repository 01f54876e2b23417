"""The target of a lock: one flavor and one architecture."""

from dataclasses import dataclass

from qlumod.model.names import ArchName, FlavorName


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The flavor and the architecture that packages are locked for."""

    flavor: FlavorName
    architecture: ArchName
