"""The Debian part of the reference installation, with which a stack is compared."""

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
        """Make the initrd again: the kernel triggers it, and all packages contribute to it.

        An installation in two steps runs the trigger in the first step, and nothing runs it again
        for the files of a module. One with secrets has them in its initrd, if a hook takes them.
        """
        if root.matching("/boot/initrd.img-*"):
            with enclosed(root) as place:
                place.run("update-initramfs", "-u", "-k", "all", epoch=epoch, listen=listen)

    def forget(self, root: Root) -> None:
        """Remove logs, caches of apt, and the machine's id."""
        forget_installation(root)

    def installed(self, files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
        """The packages that dpkg's status records as correctly installed."""
        for one in read_stanzas(as_text(files[STATUS]), STATUS):
            if one.get("Status") == "install ok installed":
                yield one.need("Package"), one.need("Version")
