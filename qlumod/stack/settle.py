"""Making a written directory ready to become a layer: fixed times, no traces of the overlay."""

import os
from collections.abc import Iterable
from pathlib import Path

from qlumod.model.tree import Entry

OVERLAY_ATTRIBUTES = ("trusted.overlay.", "user.overlay.")
"""Attributes that overlayfs leaves in an upper directory (overlayfs.rst)."""


def settle(tree: Path, entries: Iterable[Entry], epoch: int) -> None:
    """Set no time later than `epoch`, every directory's to it, and take overlay attributes off.

    When a directory was made or changed says only how the build went. The attributes are random
    (``uuid``), tell of inodes of the build (``origin``), or would hide other layers (``opaque``).
    """
    for entry in entries:
        place = tree / entry.path.lstrip("/")
        for name, _ in entry.xattrs:
            if name.startswith(OVERLAY_ATTRIBUTES):
                os.removexattr(place, name, follow_symlinks=False)
        if entry.type == "d" or entry.mtime > epoch:
            os.utime(place, (epoch, epoch), follow_symlinks=False)
