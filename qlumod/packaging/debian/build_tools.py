"""The tools of this host that shape what is built."""

from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.packaging.debian.dpkg_query import versions_of

TOOLS = ("debhelper", "dpkg", "libzstd1", "mmdebstrap", "squashfs-tools")
"""The Debian packages whose versions shape what is built."""


def tools(database: Path = Path("/var/lib/dpkg")) -> tuple[tuple[str, str], ...]:
    """The versions of this host's tools; raises where one is not installed."""
    versions = versions_of(database, TOOLS)
    for name in TOOLS:
        if name not in versions:
            raise QlumodError(
                f"cannot record the version of {name}: it is not installed",
                remedy=f"apt install {name}",
            )
    return tuple(sorted(versions.items()))
