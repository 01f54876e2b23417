"""Debian's packaging: .debs, with dpkg and apt."""

from qlumod.model.names import DEB
from qlumod.packaging.debian.roots.deb_installer import DebInstaller
from qlumod.packaging.debian.roots.deb_reference import DebReference
from qlumod.packaging.debian.roots.dpkg_database import DpkgDatabase
from qlumod.packaging.interfaces import Packaging

DEBIAN = Packaging(
    name=DEB,
    place="qlumod.packaging.debian.packaging:DEBIAN",
    installer=DebInstaller(),
    database=DpkgDatabase(),
    reference=DebReference(),
)
