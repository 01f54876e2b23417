"""Debian's initrds: mkinitramfs(8) makes them from hooks, settings and files of the root."""

from collections.abc import Iterable
from dataclasses import dataclass

from qlumod.events import Listener
from qlumod.packaging.debian.fewer_starts import HOOK_FUNCTIONS, with_fewer_starts
from qlumod.state.kind import any_of
from qlumod.system.enclosure.bubblewrap import Shown
from qlumod.system.enclosure.enclosure import Enclosure

_MADE = "/initrd.img"
"""The path of the new initrd, below /tmp of the enclosure."""

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
        # Inputs for every kernel module, and the search path of libraries.
        "/etc/modprobe.d",
        "/usr/lib/modprobe.d",
        "/usr/lib/modules",
        "/usr/lib/firmware",
        "/etc/ld.so.conf.d",
        # The hooks of core's packages: udev, lvm2, mdadm. Since Debian 13, udev's takes hwdb.bin.
        "/etc/udev",
        "/usr/lib/udev/hwdb.d",
        "/etc/systemd/network",
        "/usr/lib/systemd/network",
        "/etc/lvm",
        "/etc/mdadm",
    ),
)
"""The inputs of mkinitramfs and of core's hooks: files by name, and directories with all below.

Files that a hook of another package reads need not be listed: the hook itself is listed.
verify-stack shows that the list is complete: it compares the initrd of a stack with that of one
installation.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class InitramfsTools:
    """The maker of Debian's initrds; see `qlumod.packaging.initrd.InitrdMaker`."""

    kernels: str = "/boot/vmlinuz-*"
    initrds: str = "/boot/initrd.img-*"
    hooks: str = "hook in /usr/share/initramfs-tools/hooks or /etc/initramfs-tools"

    def makes_another(self, paths: Iterable[str]) -> bool:
        """Whether mkinitramfs, or a hook of core's packages, may read one of these paths."""
        return any(_INPUTS.fullmatch(path) for path in paths)

    def make(self, place: Enclosure, kernel: str, *, epoch: int, listen: Listener) -> str:
        functions = _hook_functions(place)
        shown = _showing(place, with_fewer_starts(functions) or functions)
        shown.run(
            "mkinitramfs", "-o", f"/tmp{_MADE}", kernel,
            epoch=epoch, environment={"TMPDIR": "/tmp"}, listen=listen,
        )  # fmt: skip
        return _MADE


def _hook_functions(place: Enclosure) -> bytes:
    """The functions of mkinitramfs; empty: it has none."""
    root = place.root
    return root.read(HOOK_FUNCTIONS) if root and root.is_file(HOOK_FUNCTIONS) else b""


def _showing(place: Enclosure, functions: bytes) -> Enclosure:
    """The same, with these functions of mkinitramfs in the place of the root's."""
    if functions == _hook_functions(place):
        return place
    source = place.home / "hook-functions"
    source.write_bytes(functions)
    return place.showing(Shown(source=source, name=HOOK_FUNCTIONS))


INITRAMFS_TOOLS = InitramfsTools()
