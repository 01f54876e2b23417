"""What a packaging offers so that modules can be solved: worlds, each with packages installed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from qlumod.model.generated import Generated
from qlumod.packaging.solving.problem import Request
from qlumod.packaging.solving.solution import Chosen, Refused, Solution


class World(Protocol):
    """Some packages installed, and all that could be; pinned packages have one version only."""

    def base(self) -> Mapping[str, str]:
        """The packages that every root has, whoever asks for them, and why."""

    def versions(self, name: str) -> tuple[str, ...]:
        """All versions of a package, the newest first."""

    def look_up(self, name: str, version: str) -> Chosen | None:
        """A version by its number, if an index has it."""

    def candidate(self, request: Request) -> str:
        """The best version for a request; raises `QlumodError` where there is none."""

    def satisfied(self, request: Request) -> bool:
        """Whether what is installed satisfies the request."""

    def refuses(self, chosen: Chosen) -> Iterator[tuple[str, str, str]]:
        """What a version cannot be installed with: how it says so, package and version."""

    def solve(
        self, requests: Sequence[Request], *, why: Mapping[str, str], prefer: Sequence[str] = ()
    ) -> Solution:
        """Install the requests (those that are installed: move them to the candidate).

        `why` has the reasons of requests, and `prefer` what is taken where there is a choice.
        """

    def reach(self, names: Iterable[str]) -> frozenset[str]:
        """What these packages and those that every root has depend on, once it was solved."""

    def why_refused(self, requests: Sequence[Request]) -> Refused:
        """Why the requests cannot be installed, where `solve` says that they are unmet."""


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
    def name(self) -> str:
        """Its name."""

    @property
    def version(self) -> str:
        """Its version."""

    @property
    def how(self) -> Generated:
        """How it comes about."""

    @property
    def sources(self) -> Chosen:
        """The package that it is compiled from."""

    @property
    def chosen(self) -> Chosen:
        """The package as if an index had it."""


class Compiling(Protocol):
    """How a packaging has modules of the kernel compiled from sources that packages bring."""

    def kernel_of(self, stack: Iterable[Chosen], place: str) -> Kernel:
        """The one kernel among the packages that a module stands upon; `place` is for errors."""

    def tools(self, kernel: Kernel, place: str) -> tuple[Request, ...]:
        """What it always takes to compile for a kernel; `place` is for errors."""

    def pins(self, kernel: Kernel) -> Mapping[str, str]:
        """The versions of what belongs to the kernel, as `Worlds.world` takes them."""

    def without_kernels(self, versions: Mapping[str, str]) -> dict[str, str]:
        """The versions of what belongs to no kernel."""

    def made_of(self, sources: Chosen, kernel: Kernel | None) -> Made:
        """What sources become; for no kernel: what they are for packages that need them."""

    def settled(self, made: Iterable[Made], stack: Iterable[Chosen]) -> Iterator[Made]:
        """Say of generated packages what they need of the packages that a node has."""


class Worlds(Protocol):
    """All worlds over the archives of one lock."""

    @property
    def compiling(self) -> Compiling | None:
        """How kernel modules are compiled; None: these packages do not bring any as sources."""

    def allows(self, request: Request, version: str) -> bool:
        """Whether a version fits a request; the empty one never does."""

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
        `recommends`: whether packages come that are only recommended.
        """
