"""What a packaging says of kernels and initrds: where they lie, and how an initrd is made."""

from collections.abc import Iterable
from typing import Protocol

from qlumod.events import Listener
from qlumod.system.enclosure.enclosure import Enclosure


class InitrdMaker(Protocol):
    """Where packages put kernels and initrds, and how programs of a root make an initrd."""

    @property
    def kernels(self) -> str:
        """Where a root has its kernels: a path in which ``*`` stands for the release (uname -r)."""

    @property
    def initrds(self) -> str:
        """Where a root has the initrds of its kernels, in the same form."""

    @property
    def hooks(self) -> str:
        """What puts files into an initrd, and the directories of it, as a remedy names them."""

    def makes_another(self, paths: Iterable[str]) -> bool:
        """Whether one of these paths, that core has not, may be part of an initrd."""

    def make(self, place: Enclosure, kernel: str, *, epoch: int, listen: Listener) -> str:
        """Make the initrd of a kernel release with the root's own programs, of the time `epoch`.

        Returns where it is, as a path below /tmp inside. The root cannot be written to. Raises
        `CommandFailed`.
        """


def path_of(pattern: str, kernel: str) -> str:
    """The path of one kernel release in such a form."""
    return pattern.replace("*", kernel)
