"""Debian's initrds: mkinitramfs(8) makes them from hooks, settings and files of the root."""

from collections.abc import Iterable
from dataclasses import dataclass

from qlumod.events import Listener
from qlumod.packaging.debian.fewer_starts import (
    HOOK_FUNCTIONS,
    with_fewer_starts,
    without_modules,
)
from qlumod.packaging.debian.initrd_addition import addition
from qlumod.packaging.initrd import CoreInitrd
from qlumod.state.kind import any_of
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.bubblewrap import Shown
from qlumod.system.enclosure.enclosure import Enclosure, enclosed
from qlumod.system.processes.command import CommandFailed

_MOST = 512 << 20
"""The most bytes of an initrd without the kernel's modules."""
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

    def inputs(self, paths: Iterable[str]) -> tuple[str, ...]:
        """The paths that mkinitramfs, or a hook of core's packages, may read."""
        return tuple(path for path in paths if _INPUTS.fullmatch(path))

    def addition(
        self, root: Root, paths: Iterable[str], core: CoreInitrd, *, listen: Listener
    ) -> bytes | None:
        return addition(
            root,
            paths,
            core.data,
            epoch=core.epoch,
            run_hooks=lambda: _without_modules(root, core, listen),
        )

    def make(self, place: Enclosure, kernel: str, *, epoch: int, listen: Listener) -> str:
        functions = _hook_functions(place)
        shown = _showing(place, with_fewer_starts(functions) or functions)
        return _make(shown, kernel, epoch=epoch, listen=listen)


def _make(place: Enclosure, kernel: str, *options: str, epoch: int, listen: Listener) -> str:
    place.run(
        "mkinitramfs", "-o", f"/tmp{_MADE}", *options, kernel,
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


def _without_modules(root: Root, core: CoreInitrd, listen: Listener) -> bytes | None:
    """An initrd with the modules that hooks ask for; None: it cannot be made so."""
    with enclosed(root, writable=False) as place:
        functions = without_modules(_hook_functions(place))
        if functions is None:
            return None
        shown = _showing(place, functions)
        try:
            made = _make(shown, core.kernel, "-l", "1", epoch=core.epoch, listen=listen)
        except CommandFailed:
            return None
        return place.temporary.read(made, most=_MOST)


INITRAMFS_TOOLS = InitramfsTools()
