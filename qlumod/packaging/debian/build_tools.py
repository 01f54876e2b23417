"""The tools of this host that affect the result of a build."""

from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.packaging.debian.dpkg_query import versions_of

TOOLS = ("debhelper", "dpkg", "libzstd1", "mmdebstrap", "squashfs-tools")
"""The Debian packages whose versions affect the result of a build."""


def tools(database: Path = Path("/var/lib/dpkg")) -> tuple[tuple[str, str], ...]:
    """The versions of this host's tools; raises if one is not installed."""
    versions = versions_of(database, TOOLS)
    for name in TOOLS:
        if name not in versions:
            raise QlumodError(
                f"cannot record the version of {name}: it is not installed",
                remedy=f"apt install {name}",
            )
    return tuple(sorted(versions.items()))
