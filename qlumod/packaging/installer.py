"""What installs packages: what it is given, and what it is asked to do."""

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
    """Exactly which packages are put into a root, and how."""

    packages: tuple[LockedPackage, ...]
    flavor: FlavorName
    architecture: str
    epoch: int
    """The time of all that is done."""
    filters: PathFilters | None = None
    """Which of their paths are left out; None: none, and nothing speaks of such paths."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables for the programs of packages that run meanwhile."""
    unsynced: bool = False
    """Whether the root is thrown away after a crash of the machine: syncing would cost time."""


class PackedFile(Protocol):
    """A path as a package brings it. Its bytes are read once, before the next path is asked for."""

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
        """Whether it is one more name of an earlier file."""

    @property
    def target(self) -> str:
        """Of a symbolic link, as the package has it."""

    @property
    def linked(self) -> str:
        """The path of that earlier file, relative to the root."""

    @property
    def size(self) -> int:
        """0 of everything but regular files."""

    @property
    def mode(self) -> int:
        """Its permissions."""

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
        """Its bytes; raises `QlumodError` where they are too many."""


class Supply(Protocol):
    """Locked packages, checked by their digests and ready to be installed; there are no others."""

    @property
    def document(self) -> Mapping[str, Json]:
        """The supply as JSON has it, by which a process in namespaces finds it again."""

    @property
    def algorithm(self) -> str:
        """The hash function (of `hashlib`) of `sums`."""

    def sums(self, package: LockedPackage) -> frozenset[bytes]:
        """The digests of what a package was shipped with: its files and its scripts.

        As far as the package tells them itself: some may be missing.
        """

    def files(self, package: LockedPackage) -> Iterable[PackedFile]:
        """What a package brings, in its own order; raises `QlumodError`."""

    def licence(self, package: LockedPackage) -> str:
        """The absolute path at which a package has its copyright and licence, if it has them."""


class Installer(Protocol):
    """What puts packages into roots."""

    @property
    def programs(self) -> Sequence[str]:
        """The programs of this machine that it needs, to be looked for before any work."""

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables for programs of a root while a module is built.

        They keep packages from making what the module's layer must not have.
        """

    def freeze(
        self, order: Order, directory: Path, *, workshop: Workshop, listen: Listener
    ) -> Supply:
        """Take the packages of an order out of the store into a directory, which is made.

        Raises `QlumodError` where one is missing or damaged.
        """

    def supply_from(self, document: Mapping[str, Json]) -> Supply:
        """The supply that a document is of, where the same directory is seen."""

    def bootstrap(self, place: Path, order: Order, supply: Supply, *, listen: Listener) -> Root:
        """Make a new root with what packages need to be installed at all.

        The order's packages are those that the whole root will have; `install` is asked for them
        next. Raises `CommandFailed` where a program fails.
        """

    def install(self, root: Root, order: Order, supply: Supply, *, listen: Listener) -> None:
        """Install all packages of an order that a root has not yet, and nothing else.

        The root may be an overlay over the modules below. Raises `CommandFailed`.
        """

    def answer(self, root: Root, answers: Sequence[str], order: Order, listen: Listener) -> None:
        """Answer questions of packages before they are installed, in lines of the field Debconf.

        Raises `CommandFailed`.
        """
