"""What is to be installed from a frozen archive, and how."""

from collections.abc import Mapping
from dataclasses import dataclass

from qlumod.packaging.debian.archive import FrozenArchive


@dataclass(frozen=True, slots=True, kw_only=True)
class AptOrder:
    """Exactly which packages apt and dpkg put into a root."""

    archive: FrozenArchive
    """Where they come from."""
    packages: tuple[str, ...]
    """All of them, as ``name=version``."""
    architecture: str
    epoch: int
    """The time of all that is done."""
    dpkg_options: tuple[str, ...] = ()
    environment: Mapping[str, str] | None = None
    """Variables for maintainer scripts."""
