"""What an initrd is made of besides core: whether a stack can boot with core's own."""

from collections.abc import Iterable

from qlumod.state.kind import any_of

_INPUTS = any_of(
    (
        "/etc/fstab",
        "/etc/ld.so.conf",
        "/etc/modules",
        "/etc/default/console-setup",
        "/etc/default/keyboard",
    ),
    (
        # mkinitramfs(8) itself: settings, hooks and boot scripts of packages.
        "/etc/initramfs-tools",
        "/usr/share/initramfs-tools",
        # What goes with every kernel module, and what is looked for beside the libraries.
        "/etc/modprobe.d",
        "/usr/lib/modprobe.d",
        "/usr/lib/modules",
        "/usr/lib/firmware",
        "/etc/ld.so.conf.d",
        # The hooks of core's packages: udev, lvm2, mdadm.
        "/etc/udev",
        "/etc/systemd/network",
        "/usr/lib/systemd/network",
        "/etc/lvm",
        "/etc/mdadm",
    ),
)
"""Files by name, and all below some directories: what mkinitramfs and core's hooks read.

Files that a hook of another package reads need not be here: the hook itself is. verify-stack shows
that the list is whole: it compares the initrd of a stack with that of one installation.
"""


def makes_another(paths: Iterable[str]) -> bool:
    """Whether one of these paths, that core has not, may be part of an initrd."""
    return any(_INPUTS.fullmatch(path) for path in paths)
