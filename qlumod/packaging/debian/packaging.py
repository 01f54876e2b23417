"""Debian's packaging: .debs, with dpkg and apt."""

from collections.abc import Collection
from contextlib import AbstractContextManager

from qlumod.events import Listener
from qlumod.late import late
from qlumod.model.names import DEB
from qlumod.model.release import Release
from qlumod.model.target import Target
from qlumod.packaging.archives import Archives, Reach
from qlumod.packaging.debian.answers import ANSWERS
from qlumod.packaging.debian.build_tools import tools
from qlumod.packaging.debian.initramfs_tools import INITRAMFS_TOOLS
from qlumod.packaging.debian.installing_traces import DEBIAN_PERMITS
from qlumod.packaging.debian.meeting import met
from qlumod.packaging.debian.roots.deb_installer import DebInstaller
from qlumod.packaging.debian.roots.deb_reference import DebReference
from qlumod.packaging.debian.roots.dpkg_database import DpkgDatabase
from qlumod.packaging.debian.state.state_table import STATE_TABLE
from qlumod.packaging.interfaces import Packaging

locking = late("qlumod.packaging.debian.apt_archives")


def _archives(
    release: Release,
    target: Target,
    reach: Reach,
    *,
    needed: Collection[str],
    optional: Collection[str] = (),
    listen: Listener,
) -> AbstractContextManager[Archives]:
    """See `apt_archives`, which is imported late: only locking and fetching need it."""
    held: AbstractContextManager[Archives] = locking.apt_archives(
        release, target, reach, needed=needed, optional=optional, listen=listen
    )
    return held


DEBIAN = Packaging(
    name=DEB,
    archives=_archives,
    tools=tools,
    installer=DebInstaller(),
    database=DpkgDatabase(),
    reference=DebReference(),
    state=STATE_TABLE,
    meet=met,
    answers=ANSWERS,
    initrd=INITRAMFS_TOOLS,
    permits=DEBIAN_PERMITS,
)
