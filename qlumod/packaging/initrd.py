"""The interface of a packaging for kernels and initrds: their paths, and making an initrd."""

from collections.abc import Iterable
from typing import Protocol

from qlumod.events import Listener
from qlumod.system.enclosure.enclosure import Enclosure


class InitrdMaker(Protocol):
    """The paths of kernels and initrds, and making an initrd with the root's programs."""

    @property
    def kernels(self) -> str:
        """The path of a root's kernels, in which ``*`` stands for the release (uname -r)."""

    @property
    def initrds(self) -> str:
        """The path of the initrds of a root's kernels, in the same form."""

    @property
    def hooks(self) -> str:
        """The programs that put files into an initrd, and their directories, for a remedy."""

    def makes_another(self, paths: Iterable[str]) -> bool:
        """Whether one of these paths, which core does not have, may be part of an initrd."""

    def make(self, place: Enclosure, kernel: str, *, epoch: int, listen: Listener) -> str:
        """Make the initrd of a kernel release with the root's own programs, at the time `epoch`.

        Returns its path below /tmp inside. The root is read-only. Raises `CommandFailed`.
        """


def path_of(pattern: str, kernel: str) -> str:
    """The path for one kernel release from such a pattern."""
    return pattern.replace("*", kernel)
