"""Making a new root: essential packages are unpacked and installed, and traces are removed."""

from pathlib import Path

from qlumod.events import Listener
from qlumod.packaging.debian.roots.apt_order import AptOrder
from qlumod.packaging.debian.roots.mmdebstrap import unpack_essential
from qlumod.packaging.debian.roots.script_surroundings import surroundings
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.enclosure import enclosed

_TRACES = (
    "/var/cache/apt/pkgcache.bin",
    "/var/cache/apt/srcpkgcache.bin",
    "/var/log/dpkg.log",
    "/var/log/apt/history.log",
    "/var/log/apt/term.log",
    "/var/log/apt/eipp.log.xz",
    "/var/log/alternatives.log",
    "/var/cache/ldconfig/aux-cache",
    "/var/lib/dbus/machine-id",
)
"""Files that record when and where a root was installed; mmdebstrap(1) removes the same files."""
_HOST_NAME = "/etc/hostname"
_MACHINE_ID = "/etc/machine-id"
_AUTOMATIC = "/var/lib/apt/extended_states"
"""Where no package is automatic, apt leaves an empty file, or none: both say the same."""
_AUXILIARY = "/var/lib/apt/lists/auxfiles"
"""A directory that apt makes on every run; mmdebstrap(1) removes it, too."""


def bootstrap(place: Path, order: AptOrder, *, listen: Listener) -> Root:
    """Install the essential packages of an order's archive, and apt, into a new directory.

    The order lists the packages of the complete root.
    """
    unpack_essential(place, order, listen=listen)
    root = Root(place)
    # mmdebstrap copies it from the build host; no root over a layer has it, either.
    root.remove(_HOST_NAME)
    debs = root.matching("/var/cache/apt/archives/*.deb")
    with surroundings(root, order.packages), enclosed(root) as inside:
        # dpkg does not sort them by their Pre-Depends, and has all of them here.
        words = ("dpkg", "--install", "--force-depends", *debs)
        inside.run(*words, epoch=order.epoch, environment=order.environment, listen=listen)
        inside.run("apt-get", "clean", epoch=order.epoch, listen=listen)
    if root.has(_AUXILIARY):
        root.remove_empty(_AUXILIARY)
    return root


def forget_installation(root: Root) -> None:
    """Remove files that differ between installations from an installed root."""
    for path in _TRACES:
        root.remove(path)
    if root.has(_MACHINE_ID):
        root.write(_MACHINE_ID, b"")
    if root.has(_AUTOMATIC) and not root.read(_AUTOMATIC):
        root.remove(_AUTOMATIC)
