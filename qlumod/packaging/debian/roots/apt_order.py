"""An order for the packages of a frozen archive."""

from collections.abc import Mapping
from dataclasses import dataclass

from qlumod.packaging.debian.archive import FrozenArchive


@dataclass(frozen=True, slots=True, kw_only=True)
class AptOrder:
    """Exactly the packages that apt and dpkg install into a root."""

    archive: FrozenArchive
    """The archive with the packages."""
    packages: tuple[str, ...]
    """All of them, as ``name=version``."""
    architecture: str
    epoch: int
    """The time for all actions."""
    dpkg_options: tuple[str, ...] = ()
    environment: Mapping[str, str] | None = None
    """Variables for maintainer scripts."""
