"""The manifest: what a built module says of itself; the contract of build host and head node."""

from dataclasses import dataclass

from qlumod.model.names import ArchName, Digest, FlavorName, ModuleName, ReleaseVersion
from qlumod.model.spec import Secret

MANIFEST = "manifest"
"""The manifest's file name in a payload directory."""
LAYER = "layer.squashfs"
LEFT_OUT = "left-out"
"""Paths of the packages that are not in the layer on purpose: ``package<TAB>path``, sorted."""
KERNEL = "boot/vmlinuz"
INITRD = "boot/initrd.img"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadFile:
    """One file of a payload directory, by its relative path."""

    path: str
    sha256: Digest
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What the file ``manifest`` of a payload directory says.

    `kernel` is the kernel release (uname -r) that core brings, or that a module's kernel modules
    were made for; empty otherwise. `packages` and `unpacked_size` (bytes) are for people.
    """

    module: ModuleName
    title: str
    stack_group: str
    description: str
    version: ReleaseVersion
    flavor: FlavorName
    architecture: ArchName
    requires: tuple[ModuleName, ...]
    conflicts: tuple[ModuleName, ...]
    wins: tuple[str, ...]
    kernel: str
    epoch: int
    packages: int
    unpacked_size: int
    secrets: tuple[Secret, ...]
    files: tuple[PayloadFile, ...]

    def file(self, path: str) -> PayloadFile | None:
        """The file of that relative path, or None."""
        return next((entry for entry in self.files if entry.path == path), None)
