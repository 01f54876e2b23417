"""Packages of modules that meet in a stack only: what they would have told each other in one
installation, and what must be made good.
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
    """Something of a module that ran while a stack was put together, and may have written there."""

    what: str
    """As people read it: ``watchd's trigger /usr/share/watched``."""
    module: ModuleName | None = None
    """Whose it is, where that is known."""
    cache: str = ""
    """The name of the cache that it makes."""

    def __str__(self) -> str:
        return f"{self.what} (module {self.module})" if self.module else self.what


class Meeting(Protocol):
    """What the modules of one stack have not told each other."""

    def move(self, root: Root) -> None:
        """Give files of the stack the names that the other modules' packages ask for.

        This comes before shared state is written.
        """

    @property
    def programs(self) -> Sequence[Program]:
        """The programs that `tell` will run; empty where nothing is to be told."""

    def tell(self, place: Enclosure, root: Root, *, epoch: int, listen: Listener) -> None:
        """Let packages see what other modules brought for them.

        This comes last, when shared state is written and caches are made.
        """


Meet = Callable[[Sequence[Layer], Callable[[str], Fragments]], Meeting]
"""From the layers of a stack that were not built over each other, lowest first, and from what the
modules added to a kind of state (by its name): what they have to be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """The meeting of packages that never tell each other anything."""

    programs: Sequence[Program] = ()

    def move(self, root: Root) -> None:
        """Nothing has another name."""

    def tell(self, place: Enclosure, root: Root, *, epoch: int, listen: Listener) -> None:
        """Nothing is told."""


def silent(layers: Iterable[Layer], fragments: Callable[[str], Fragments]) -> Meeting:
    """The meeting of a packaging without triggers and diversions."""
    del layers, fragments
    return Silence()
