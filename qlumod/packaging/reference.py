"""What the proof asks of an installation that a stack is compared with."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from qlumod.events import Listener
from qlumod.system.disk.within import Root


class Reference(Protocol):
    """What is special about the reference installation; the installer does the rest of it."""

    def finish(self, root: Root, *, epoch: int, listen: Listener) -> None:
        """Where packages were installed in two steps: do what one step would leave for its end."""

    def forget(self, root: Root) -> None:
        """Remove from an installed root what differs from one installation to the next one."""

    def installed(self, files: Mapping[str, bytes]) -> Iterable[tuple[str, str]]:
        """The installed packages and their versions, by the bytes of a root's files of state."""
