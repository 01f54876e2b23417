"""The interface of a packaging for locking and fetching: the archives of a release."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from qlumod.errors import QlumodError
from qlumod.events import Listener
from qlumod.model.address import Address
from qlumod.model.lock import LockedArchive, LockedPackage
from qlumod.model.release import Release
from qlumod.model.target import Target
from qlumod.system.disk.store import Store
from qlumod.system.processes.stalling import STALL

if TYPE_CHECKING:
    from qlumod.packaging.solving.problem import Problem
    from qlumod.packaging.solving.solution import PackageOffer, Solved


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How archives are found, and where their indexes are kept."""

    beside: Path
    """The release file's directory."""
    cache: Path
    addresses: Sequence[Address] = ()
    """Addresses of archives that take precedence over the release and this host."""
    host: Path | None = None
    """The package manager's configuration of another host; None: this host's."""
    stall: float = STALL
    """The seconds after which a stalled archive fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """The age and the origin of a suite's indexes."""

    archive: str
    suite: str
    date: str
    uri: str
    snapshot: str = ""
    """The snapshot of it that this host chooses, such as 20260131T120000Z; empty: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A package that could not be fetched."""

    package: LockedPackage
    uri: str
    """The address from which it was requested."""
    reason: str
    """In the words of the program that fetches."""
    wrong: bool = False
    """Whether the bytes differ from the locked ones."""
    dropped: bool = False
    """Whether the archive no longer has it."""


class Archives(Protocol):
    """Some archives of a release, held for one run."""

    @property
    def names(self) -> Collection[str]:
        """The usable archives."""

    @property
    def missing(self) -> Mapping[str, QlumodError]:
        """The optional archives that cannot be used, and why."""

    @property
    def folders(self) -> Mapping[str, Path]:
        """The archives that are directories of packages."""

    def read(self, optional: Collection[str], listen: Listener) -> "Archives":
        """Read the indexes, including those of the `optional` archives that can be reached."""

    def dates(self, suites: Collection[tuple[str, str]]) -> Iterator[Dated]:
        """The ages of these suites (archive and suite), if they were read and have dates."""

    def absent(
        self, packages: Sequence[LockedPackage], listen: Listener
    ) -> tuple[LockedPackage, ...]:
        """The packages whose locked version is in no archive any more."""

    def offers(self, names: Sequence[str], listen: Listener) -> Sequence["PackageOffer"]:
        """The versions of these packages in all archives; by package, the newest first."""

    def holding(
        self, packages: Sequence[LockedPackage], store: Store, listen: Listener
    ) -> "Archives":
        """Add packages that only the store still has; each stands only for itself."""

    def solve(self, problem: "Problem", listen: Listener) -> "Solved":
        """Solve all modules; raises all errors that are found together."""

    def signed(self, solved: "Solved") -> tuple[LockedArchive, ...]:
        """The archives and suites that the solution used, each verified again with its keys."""

    def download(
        self,
        packages: Sequence[LockedPackage],
        store: Store,
        *,
        advance: Callable[[int], None],
        listen: Listener,
    ) -> Sequence[Failure]:
        """Fetch packages into the store and check their digests; `advance` is called with bytes."""


class HoldArchives(Protocol):
    """Holds the archives of a release."""

    def __call__(
        self,
        release: Release,
        target: Target,
        reach: Reach,
        *,
        needed: Collection[str],
        optional: Collection[str] = (),
        listen: Listener,
    ) -> AbstractContextManager[Archives]:
        """Hold the `needed` archives, and those of the `optional` ones that can be used.

        Raises all errors of needed archives at once.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildHost:
    """What a lock records of the machine that builds from it."""

    release: str
    """Of its distribution: ``debian 12``."""
    tools: tuple[tuple[str, str], ...]
    """Name and version of each tool that affects a build's result."""


class BuildTools(Protocol):
    """Reports the versions of tools."""

    def __call__(self) -> tuple[tuple[str, str], ...]:
        """Name and version of each program of this host that affects a build's result, by name.

        Raises `QlumodError` if one is missing.
        """
