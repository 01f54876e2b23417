"""Preparing a written directory for a layer: fixed times, no attributes of the overlay."""

from collections.abc import Iterable

from qlumod.model.tree import TreeEntry
from qlumod.system.disk.within import Root

OVERLAY_ATTRIBUTES = ("trusted.overlay.", "user.overlay.")
"""Attributes that overlayfs leaves in an upper directory (overlayfs.rst)."""


def settle(tree: Root, entries: Iterable[TreeEntry], epoch: int) -> None:
    """Limit all mtimes to `epoch`, set those of directories to it, and remove overlay attributes.

    A time before 1970 becomes the begin of 1970: a squashfs stores none, and 1960 would be 2096.
    The mtimes of directories depend on the course of the build. The attributes are random
    (``uuid``), contain inodes of the build (``origin``), or would hide other layers (``opaque``).
    """
    for entry in entries:
        names = [name for name, _ in entry.xattrs if name.startswith(OVERLAY_ATTRIBUTES)]
        if names:
            tree.remove_attributes(entry.path, names)
        if entry.type == "d" or entry.mtime > epoch:
            tree.set_time(entry.path, epoch)
        elif entry.mtime < 0:
            tree.set_time(entry.path, 0)


def set_attributes(entry: TreeEntry) -> tuple[bytes, ...]:
    """The values of the extended attributes, without those of the overlay."""
    return tuple(
        value
        for name, value in entry.xattrs
        if name.startswith("user.") and not name.startswith(OVERLAY_ATTRIBUTES)
    )
