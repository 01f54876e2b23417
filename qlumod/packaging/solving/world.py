"""The interface of a packaging for solving modules: worlds, each with packages installed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from qlumod.model.generated import Generated
from qlumod.packaging.solving.problem import Request
from qlumod.packaging.solving.solution import Chosen, PackageOffer, Refused, Solution


class World(Protocol):
    """Installed packages, and all available ones; pinned packages have one version only."""

    def base(self) -> Mapping[str, str]:
        """The packages of every root, and why."""

    def versions(self, name: str) -> tuple[str, ...]:
        """All versions of a package, the newest first."""

    def look_up(self, name: str, version: str) -> Chosen | None:
        """A version by its number, if an index has it."""

    def candidate(self, request: Request) -> str:
        """The best version for a request; raises `QlumodError` if there is none."""

    def satisfied(self, request: Request) -> bool:
        """Whether the installed packages satisfy the request."""

    def stands(self, chosen: Chosen, there: Mapping[str, str]) -> bool:
        """Whether these packages, with their versions, satisfy a version's dependencies."""

    def refuses(self, chosen: Chosen) -> Iterator[tuple[str, str, str]]:
        """The versions with which a version cannot be installed: relation, package and version."""

    def solve(
        self, requests: Sequence[Request], *, why: Mapping[str, str], prefer: Sequence[str] = ()
    ) -> Solution:
        """Install the requests (installed ones are moved to the candidate).

        `why` has the reasons of requests, and `prefer` the packages to choose among alternatives.
        """

    def reach(self, names: Iterable[str]) -> frozenset[str]:
        """The transitive dependencies of these packages and those of every root, after solving."""

    def why_refused(self, requests: Sequence[Request]) -> Refused:
        """Why the requests cannot be installed if `solve` reports them as unmet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """The kernel of a stack."""

    package: str
    release: str
    version: str
    """The package's version."""


class Made(Protocol):
    """A generated package: compiled kernel modules, which no archive has."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def how(self) -> Generated:
        """How it is made."""

    @property
    def sources(self) -> Chosen:
        """The package from which it is compiled."""

    @property
    def chosen(self) -> Chosen:
        """The package as if it were in an index."""


class Compiling(Protocol):
    """How a packaging compiles kernel modules from packaged sources."""

    def kernel_of(self, stack: Iterable[Chosen], place: str) -> Kernel:
        """The only kernel among the packages of the modules below; `place` is for errors."""

    def tools(self, kernel: Kernel, place: str) -> tuple[Request, ...]:
        """The packages that are always needed to compile for a kernel; `place` is for errors."""

    def pins(self, kernel: Kernel) -> Mapping[str, str]:
        """The versions of the packages that belong to the kernel, for `Worlds.world`."""

    def without_kernels(self, versions: Mapping[str, str]) -> dict[str, str]:
        """Versions without those of packages that belong to a kernel."""

    def made_of(
        self, sources: Chosen, kernel: Kernel | None, options: tuple[str, ...] = ()
    ) -> Made:
        """The package generated from sources; without a kernel: as its dependents see it."""

    def settled(self, made: Iterable[Made], stack: Iterable[Chosen]) -> Iterator[Made]:
        """Add the dependencies of generated packages on the packages of a node."""


class Worlds(Protocol):
    """All worlds over the archives of one lock."""

    @property
    def compiling(self) -> Compiling | None:
        """How kernel modules are compiled; None: these packages have no such sources."""

    def allows(self, request: Request, version: str) -> bool:
        """Whether a version fits a request; the empty version never does."""

    def offers(self, name: str) -> Iterator[PackageOffer]:
        """The versions of a package in all archives, the newest first."""

    def catalogue(self, archives: Sequence[str] | None) -> World:
        """The world with nothing installed for modules that name these archives; None: with all."""

    def world(
        self,
        archives: Sequence[str],
        installed: Sequence[Chosen],
        pins: Mapping[str, str],
        *,
        barred: Sequence[str] = (),
        recommends: bool = False,
    ) -> World:
        """A world for a module that names these archives.

        `pins` leave packages (a name may end in ``*``) one version, and `barred` ones none.
        `recommends`: whether Recommends are followed.
        """
