"""The interface of a packaging for the installation with which a stack is compared."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from qlumod.events import Listener
from qlumod.system.disk.within import Root


class Reference(Protocol):
    """The packaging's part of the reference installation; the installer does the rest."""

    def finish(self, root: Root, *, epoch: int, listen: Listener) -> None:
        """Do the final actions of an installation again, with all that is there now.

        It is called after a second step, and where secrets are hidden meanwhile.
        """

    def forget(self, root: Root) -> None:
        """Remove files that differ between installations from an installed root."""

    def installed(self, files: Mapping[str, bytes]) -> Iterable[tuple[str, str]]:
        """The installed packages and their versions, from the bytes of a root's files of state."""
