"""Debian's packaging: .debs, with dpkg and apt."""

from qlumod.model.names import DEB
from qlumod.packaging.debian.answers import ANSWERS
from qlumod.packaging.debian.apt_archives import apt_archives
from qlumod.packaging.debian.build_tools import tools
from qlumod.packaging.debian.meeting import met
from qlumod.packaging.debian.state.state_table import STATE_TABLE
from qlumod.packaging.interfaces import Packaging

DEBIAN = Packaging(
    name=DEB,
    place="qlumod.packaging.debian.packaging:DEBIAN",
    archives=apt_archives,
    tools=tools,
    state=STATE_TABLE,
    meet=met,
    answers=ANSWERS,
)
