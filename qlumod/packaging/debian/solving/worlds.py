"""The worlds of apt: one opened cache each, whose modules are solved by the shared policy.

Only the solver's own process imports this: python-apt keeps its state in the process.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from qlumod.errors import raise_faults
from qlumod.packaging.debian.apt import AptRoot
from qlumod.packaging.debian.python_apt import python_module
from qlumod.packaging.debian.solving.apt_cache import allows
from qlumod.packaging.debian.solving.apt_refusal import why_apt_refuses
from qlumod.packaging.debian.solving.apt_solution import AptSolution
from qlumod.packaging.debian.solving.dkms import Dkms
from qlumod.packaging.debian.solving.frames import Frames
from qlumod.packaging.debian.solving.seen_archives import SeenArchives
from qlumod.packaging.debian.solving.solver_order import (
    Frame,
    Question,
    SolverOrder,
    faults_from_json,
)
from qlumod.packaging.solving.problem import Request
from qlumod.packaging.solving.solution import Chosen, PackageOffer, Refused, Solution
from qlumod.packaging.solving.world import Compiling
from qlumod.system.processes.run import capture


class AptWorld(AptSolution):
    """A world that knows the root in which it is opened."""

    def __init__(self, frame: Frame, root: AptRoot, *, recommends: bool = False) -> None:
        super().__init__(frame, recommends=recommends)
        self._root = root

    def solve(
        self, requests: Sequence[Request], *, why: Mapping[str, str], prefer: Sequence[str] = ()
    ) -> Solution:
        """Solve in this process, or with Recommends in a new one."""
        if not self.recommends:
            return super().solve(requests, why=why, prefer=prefer)
        question = Question(frame=self.frame, requests=requests, why=why, prefer=prefer)
        call = python_module(
            "qlumod.packaging.debian.solving.process",
            {"question": question.as_json},
            environment=self._root.environment,
        )
        answer = json.loads(capture(call))
        raise_faults(faults_from_json(answer.get("faults", ())))
        return Solution.from_json(answer["solution"])

    def why_refused(self, requests: Sequence[Request]) -> Refused:
        """apt's reasons against the requests and the versions from the preferred archives."""
        wanted = {one.name: self.candidate(one) for one in requests}
        words = [f"{name}={version}" for name, version in {**wanted, **self.brought}.items()]
        reasons = why_apt_refuses(self._root, words, options=self.frame.options)
        bounds = re.findall(r"(?:[Dd]epends|PreDepends): (\S+) \([<>=]", "\n".join(reasons))
        return Refused(reasons=reasons, bounds=tuple(dict.fromkeys(bounds)))


class AptWorlds:
    """All worlds over the archives of a private root."""

    def __init__(self, order: SolverOrder, archives: SeenArchives) -> None:
        path = Path(order.root)
        self._root = AptRoot(path=path, architecture=order.architecture, sources=())
        self._archives = archives
        self._frames = Frames(path / "solve", archives)
        self._catalogues: dict[tuple[str, ...], AptWorld] = {}
        self.compiling: Compiling | None = Dkms(architecture=order.architecture)

    def allows(self, request: Request, version: str) -> bool:
        """Whether a version fits a request; the empty version never does."""
        return allows(request, version)

    def offers(self, name: str) -> Iterator[PackageOffer]:
        """The versions of a package in all archives, the newest first."""
        catalogue = self.catalogue(None)
        for chosen in catalogue.offered(name):
            yield PackageOffer(
                package=name,
                version=chosen.version,
                archive=self._archives.archive_of(chosen),
                kernel_modules=catalogue.kernel_sources(name, chosen.version),
            )

    def catalogue(self, archives: Sequence[str] | None) -> AptWorld:
        """The available packages for a module that names some archives; None: all archives."""
        named = self._archives.on_request if archives is None else archives
        key = tuple(sorted(named))
        if key not in self._catalogues:
            self._catalogues[key] = AptWorld(self._frames.frame(key, (), {}), self._root)
        return self._catalogues[key]

    def world(
        self,
        archives: Sequence[str],
        installed: Sequence[Chosen],
        pins: Mapping[str, str],
        *,
        barred: Sequence[str] = (),
        recommends: bool = False,
    ) -> AptWorld:
        """A world for a module that names some archives."""
        frame = self._frames.frame(archives, installed, pins, barred)
        return AptWorld(frame, self._root, recommends=recommends)

    def close(self) -> None:
        self._frames.close()
