"""Debian's packaging: .debs, with dpkg and apt."""

from qlumod.model.names import DEB
from qlumod.packaging.debian.answers import ANSWERS
from qlumod.packaging.debian.initramfs_tools import INITRAMFS_TOOLS
from qlumod.packaging.debian.installing_traces import DEBIAN_PERMITS
from qlumod.packaging.debian.meeting import met
from qlumod.packaging.debian.roots.deb_installer import DebInstaller
from qlumod.packaging.debian.roots.deb_reference import DebReference
from qlumod.packaging.debian.roots.dpkg_database import DpkgDatabase
from qlumod.packaging.debian.state.state_table import STATE_TABLE
from qlumod.packaging.interfaces import Packaging

DEBIAN = Packaging(
    name=DEB,
    place="qlumod.packaging.debian.packaging:DEBIAN",
    installer=DebInstaller(),
    database=DpkgDatabase(),
    reference=DebReference(),
    state=STATE_TABLE,
    meet=met,
    answers=ANSWERS,
    initrd=INITRAMFS_TOOLS,
    permits=DEBIAN_PERMITS,
)
