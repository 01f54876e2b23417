"""Debian's packaging: .debs, with dpkg and apt."""

from qlumod.model.names import DEB
from qlumod.packaging.interfaces import Packaging

DEBIAN = Packaging(name=DEB, place="qlumod.packaging.debian.packaging:DEBIAN")
