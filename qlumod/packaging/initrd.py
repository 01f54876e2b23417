"""The interface of a packaging for kernels and initrds: their paths, and making an initrd."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from qlumod.events import Listener
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.enclosure import Enclosure


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreInitrd:
    """The initrd that core has beside its layer, and what it was made for: a kernel, and a time."""

    data: bytes
    kernel: str
    epoch: int


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

    def inputs(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Those of these paths, which core does not have, that may be part of an initrd."""

    def addition(
        self, root: Root, paths: Iterable[str], core: CoreInitrd, *, listen: Listener
    ) -> bytes | None:
        """What behind core's initrd makes it unpack to what `make` makes in this root.

        `paths` are the root's `inputs` that core does not have. None: only `make` can tell.
        """

    def make(self, place: Enclosure, kernel: str, *, epoch: int, listen: Listener) -> str:
        """Make the initrd of a kernel release with the root's own programs, at the time `epoch`.

        Returns its path below /tmp inside. The root is read-only. Raises `CommandFailed`.
        """


def path_of(pattern: str, kernel: str) -> str:
    """The path for one kernel release from such a pattern."""
    return pattern.replace("*", kernel)
