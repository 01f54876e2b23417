"""Debian's packaging: .debs, with dpkg and apt."""

from qlumod.model.names import DEB
from qlumod.packaging.debian.apt_archives import apt_archives
from qlumod.packaging.debian.build_tools import tools
from qlumod.packaging.interfaces import Packaging

DEBIAN = Packaging(
    name=DEB,
    place="qlumod.packaging.debian.packaging:DEBIAN",
    archives=apt_archives,
    tools=tools,
)
