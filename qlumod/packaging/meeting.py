"""Missed actions between packages of a stack's modules that were not built over each other.

In one installation, packages would run triggers and divert files of each other; a stack must make
up for it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from qlumod.events import Listener
from qlumod.model.names import ModuleName
from qlumod.state.clashes import Layer
from qlumod.state.kind import Fragments
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.enclosure import Enclosure


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program of a module that ran during assembly, and may have written files."""

    what: str
    """A description for people: ``watchd's trigger /usr/share/watched``."""
    module: ModuleName | None = None
    """Its module, if known."""
    cache: str = ""
    """The name of the cache that it makes."""

    def __str__(self) -> str:
        return f"{self.what} (module {self.module})" if self.module else self.what


class Meeting(Protocol):
    """The missed actions between the modules of one stack."""

    def move(self, root: Root) -> None:
        """Rename files of the stack to the names that other modules' packages require.

        It is called before shared state is written.
        """

    @property
    def programs(self) -> Sequence[Program]:
        """The programs that `tell` will run; empty if there are none."""

    def tell(self, place: Enclosure, root: Root, *, epoch: int, listen: Listener) -> None:
        """Run the packages' programs that process files of other modules.

        It is called last, after shared state is written and caches are made.
        """


Meet = Callable[[Sequence[Layer], Callable[[str], Fragments]], Meeting]
"""Computes the missed actions from the layers of a stack that were not built over each other,
lowest first, and from the modules' fragments of a kind of state (by its name).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """The meeting of packages that have no such actions."""

    programs: Sequence[Program] = ()

    def move(self, root: Root) -> None:
        """Rename nothing."""

    def tell(self, place: Enclosure, root: Root, *, epoch: int, listen: Listener) -> None:
        """Run nothing."""


def silent(layers: Iterable[Layer], fragments: Callable[[str], Fragments]) -> Meeting:
    """The meeting of a packaging without triggers and diversions."""
    del layers, fragments
    return Silence()
