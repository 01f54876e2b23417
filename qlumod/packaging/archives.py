"""What a packaging offers so that packages can be locked and fetched: the archives of a release."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from qlumod.errors import QlumodError
from qlumod.events import Listener
from qlumod.model.address import Address
from qlumod.model.lock import LockedArchive, LockedPackage
from qlumod.model.release import Release
from qlumod.model.target import Target
from qlumod.packaging.solving.problem import Problem
from qlumod.packaging.solving.solution import Solved
from qlumod.system.disk.store import Store
from qlumod.system.processes.stalling import STALL


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Where archives are looked for, and where it is kept what was read of them."""

    beside: Path
    """The release file's directory."""
    cache: Path
    addresses: Sequence[Address] = ()
    """Where archives are, in place of what the release and this host say."""
    host: Path | None = None
    """What configures the package manager of another host than this one; None: this one's."""
    stall: float = STALL
    """The seconds that hardly anything may come of an archive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """What was read of a suite: how old it is, and where it comes from."""

    archive: str
    suite: str
    date: str
    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A package that did not come."""

    package: LockedPackage
    uri: str
    """Where it should have come from."""
    reason: str
    """In the words of the program that fetched it."""
    wrong: bool = False
    """Whether other bytes came than those that were locked."""
    dropped: bool = False
    """Whether the archive no longer has it."""


class Archives(Protocol):
    """Some archives of a release, held for one run."""

    @property
    def names(self) -> Collection[str]:
        """The archives that can be used."""

    @property
    def missing(self) -> Mapping[str, QlumodError]:
        """The optional archives that cannot be used, and why."""

    @property
    def folders(self) -> Mapping[str, Path]:
        """The archives that are directories of packages."""

    def read(self, optional: Collection[str], listen: Listener) -> "Archives":
        """Read the indexes; of the `optional` archives those that can be reached."""

    def dates(self, suites: Collection[tuple[str, str]]) -> Iterator[Dated]:
        """How old these suites (archive and suite) are, as far as they were read and have dates."""

    def absent(
        self, packages: Sequence[LockedPackage], listen: Listener
    ) -> tuple[LockedPackage, ...]:
        """The packages that no archive has any more in the locked version."""

    def holding(
        self, packages: Sequence[LockedPackage], store: Store, listen: Listener
    ) -> "Archives":
        """With packages that only the store still has; none is a candidate for anything else."""

    def solve(self, problem: Problem, listen: Listener) -> Solved:
        """Solve all modules; raises all faults that are known together."""

    def signed(self, solved: Solved) -> tuple[LockedArchive, ...]:
        """What was solved from: each archive and suite, checked once more against its keys."""

    def download(
        self,
        packages: Sequence[LockedPackage],
        store: Store,
        *,
        advance: Callable[[int], None],
        listen: Listener,
    ) -> Sequence[Failure]:
        """Fetch packages into the store, checked by their digests; `advance` is told of bytes."""


class HoldArchives(Protocol):
    """What holds the archives of a release."""

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
        """Hold the archives that are `needed`, and those of the `optional` ones that can be used.

        Raises all faults of needed ones at once.
        """


class BuildTools(Protocol):
    """What tells the versions of tools."""

    def __call__(self) -> tuple[tuple[str, str], ...]:
        """Name and version of each program of this host that shapes what is built, by name.

        Raises `QlumodError` where one is missing.
        """
