"""What is special about the installation of .debs that a stack is compared with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from qlumod.events import Listener
from qlumod.model.stanzas import as_text, read_stanzas
from qlumod.packaging.debian.roots.bootstrap import forget_installation
from qlumod.packaging.debian.roots.dpkg_database import STATUS
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.enclosure import enclosed


@dataclass(frozen=True, slots=True)
class DebReference:
    """An installation by mmdebstrap and apt."""

    def finish(self, root: Root, *, epoch: int, listen: Listener) -> None:
        """Make the initrd anew: the kernel asks for it, and all packages have a part in it.

        In two steps it was asked for in the first one, and nobody asks again for a module's files.
        """
        if root.matching("/boot/initrd.img-*"):
            with enclosed(root) as place:
                place.run("update-initramfs", "-u", "-k", "all", epoch=epoch, listen=listen)

    def forget(self, root: Root) -> None:
        """Remove logs, caches of apt, and the machine's id."""
        forget_installation(root)

    def installed(self, files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
        """What dpkg's status says is installed and as it should be."""
        for one in read_stanzas(as_text(files[STATUS]), STATUS):
            if one.get("Status") == "install ok installed":
                yield one.need("Package"), one.need("Version")
