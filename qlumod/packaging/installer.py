"""The interface of a packaging for installing packages: its input and its methods."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from qlumod.events import Listener
from qlumod.model.json_values import Json
from qlumod.model.lock import LockedPackage
from qlumod.model.names import FlavorName
from qlumod.packaging.path_filters import PathFilters
from qlumod.system.disk.within import Root
from qlumod.system.disk.workshop import Workshop


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Exactly the packages to install into a root, and how."""

    packages: tuple[LockedPackage, ...]
    flavor: FlavorName
    architecture: str
    epoch: int
    """The time for all actions."""
    filters: PathFilters | None = None
    """The paths of packages to leave out; None: none, and no filters are configured."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables for the programs of packages that run meanwhile."""
    unsynced: bool = False
    """Whether syncs are skipped, since the root is thrown away after a crash of the machine."""


class PackedFile(Protocol):
    """A path of a package. Its bytes can be read once, before the next path is requested."""

    @property
    def path(self) -> str:
        """Relative to the root, without a slash at its end."""

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""

    @property
    def is_hard_link(self) -> bool:
        """Whether it is another name of an earlier file."""

    @property
    def is_whiteout(self) -> bool:
        """Whether it is a character device 0:0, which overlayfs takes for a removed path."""

    @property
    def target(self) -> str:
        """The target of a symbolic link, unchanged."""

    @property
    def linked(self) -> str:
        """The path of that earlier file, relative to the root."""

    @property
    def size(self) -> int:
        """0 for all but regular files."""

    @property
    def mode(self) -> int: ...

    @property
    def owner(self) -> tuple[int, int]:
        """The numbers of its user and group."""

    @property
    def owner_names(self) -> tuple[str, str]:
        """The names of its user and group; they may be empty."""

    @property
    def mtime(self) -> int:
        """When it was modified, in seconds."""

    def blocks(self) -> Iterator[bytes]:
        """Its bytes in pieces; raises `QlumodError`."""

    def read(self) -> bytes:
        """Its bytes; raises `QlumodError` if they are too many."""


class Supply(Protocol):
    """Exactly the locked packages, checked by their digests and ready to be installed."""

    @property
    def document(self) -> Mapping[str, Json]:
        """The supply as JSON values, from which a process in namespaces can restore it."""

    @property
    def algorithm(self) -> str:
        """The hash function (of `hashlib`) of `sums`."""

    def sums(self, package: LockedPackage) -> frozenset[bytes]:
        """The digests of a package's original files and scripts.

        Only those that the package itself has: some may be missing.
        """

    def files(self, package: LockedPackage) -> Iterable[PackedFile]:
        """The paths of a package, in its own order; raises `QlumodError`."""

    def licence(self, package: LockedPackage) -> str:
        """The absolute path of a package's copyright and licence, if it has them."""


class Installer(Protocol):
    """Installs packages into roots."""

    @property
    def programs(self) -> Sequence[str]:
        """The programs of this machine that it needs; they are searched for before all work."""

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables for programs of a root while a module is built.

        They keep packages from making files that must not be in the module's layer.
        """

    def freeze(
        self, order: Order, directory: Path, *, workshop: Workshop, listen: Listener
    ) -> Supply:
        """Copy or link the packages of an order from the store into a new directory.

        Raises `QlumodError` if one is missing or damaged.
        """

    def supply_from(self, document: Mapping[str, Json]) -> Supply:
        """Restore the supply from its document; the same directory must be visible."""

    def bootstrap(self, place: Path, order: Order, supply: Supply, *, listen: Listener) -> Root:
        """Make a new root with the packages that are needed to install any others.

        The order lists the packages of the complete root; `install` is called with them next.
        Raises `CommandFailed` if a program fails.
        """

    def install(self, root: Root, order: Order, supply: Supply, *, listen: Listener) -> None:
        """Install all packages of an order that a root does not have yet, and nothing else.

        The root may be an overlay over the modules below. Raises `CommandFailed`.
        """

    def answer(self, root: Root, answers: Sequence[str], order: Order, listen: Listener) -> None:
        """Preseed answers to questions of packages, in lines of the field Debconf.

        Raises `CommandFailed`.
        """
