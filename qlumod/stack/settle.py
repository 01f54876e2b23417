"""Making a written directory ready to become a layer: fixed times, no traces of the overlay."""

from collections.abc import Iterable

from qlumod.model.tree import TreeEntry
from qlumod.system.disk.within import Root

OVERLAY_ATTRIBUTES = ("trusted.overlay.", "user.overlay.")
"""Attributes that overlayfs leaves in an upper directory (overlayfs.rst)."""


def settle(tree: Root, entries: Iterable[TreeEntry], epoch: int) -> None:
    """Set no time later than `epoch`, every directory's to it, and take overlay attributes off.

    When a directory was made or changed says only how the build went. The attributes are random
    (``uuid``), tell of inodes of the build (``origin``), or would hide other layers (``opaque``).
    """
    for entry in entries:
        names = [name for name, _ in entry.xattrs if name.startswith(OVERLAY_ATTRIBUTES)]
        if names:
            tree.remove_attributes(entry.path, names)
        if entry.type == "d" or entry.mtime > epoch:
            tree.set_time(entry.path, epoch)


def set_attributes(entry: TreeEntry) -> tuple[bytes, ...]:
    """The values of the attributes that programs set for users; those of the overlay go."""
    return tuple(
        value
        for name, value in entry.xattrs
        if name.startswith("user.") and not name.startswith(OVERLAY_ATTRIBUTES)
    )
