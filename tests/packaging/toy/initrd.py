"""The toy packaging's maker of initrds: an initrd is the names in /boot, and a text file."""

from collections.abc import Iterable
from dataclasses import dataclass

from qlumod.events import Listener
from qlumod.packaging.initrd import CoreInitrd
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.enclosure import Enclosure

TEXT = "/etc/initrd.txt"
"""What goes into an initrd; whoever brings it makes another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToyInitrds:
    """A maker that needs no program: see `qlumod.packaging.initrd.InitrdMaker`."""

    kernels: str = "/boot/kernel-*"
    initrds: str = "/boot/initrd-*"
    hooks: str = f"line of {TEXT}"

    def inputs(self, paths: Iterable[str]) -> tuple[str, ...]:
        """The text, if it is among them."""
        return tuple(path for path in paths if path == TEXT)

    def addition(
        self, root: Root, paths: Iterable[str], core: CoreInitrd, *, listen: Listener
    ) -> bytes | None:
        """Nothing: the text is in the middle of it."""
        del root, paths, core, listen
        return None

    def make(self, place: Enclosure, kernel: str, *, epoch: int, listen: Listener) -> str:
        """Write the kernel's name, the time, the names in /boot, and the text."""
        root = place.root
        assert root is not None
        text = root.text(TEXT) if root.is_file(TEXT) else ""
        lines = (f"{kernel} {epoch}", *sorted(root.names("/boot")), text)
        place.temporary.write("/made", "\n".join(lines).encode())
        return "/made"


TOY_INITRDS = ToyInitrds()
