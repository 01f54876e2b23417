"""The world that a toy lock is solved in: directories of toys, whose versions are numbers."""

import operator
import tarfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener
from qlumod.model.lock import LockedArchive, LockedPackage
from qlumod.model.names import Digest, ModuleName, PackageName
from qlumod.model.release import Release
from qlumod.model.target import Target
from qlumod.packaging.addressing import addressed
from qlumod.packaging.archives import Archives, Dated, Failure, Reach
from qlumod.packaging.solving.package_entries import PackageEntry
from qlumod.packaging.solving.problem import Problem, Request
from qlumod.packaging.solving.solution import (
    Chosen,
    PackageOffer,
    Refused,
    Solution,
    Solved,
    VersionChange,
)
from qlumod.packaging.solving.solver import Solver
from qlumod.packaging.solving.world import World, Worlds
from qlumod.system.disk.regular_files import file_sum
from qlumod.system.disk.store import Store

COMPARED = {
    "": lambda *_: True, "=": operator.eq, "<<": operator.lt, "<=": operator.le,
    ">=": operator.ge, ">>": operator.gt,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Toy:
    """A file of an archive: a tar whose member ``control`` says what it is."""

    name: str
    version: str
    depends: tuple[Request, ...]
    archive: str
    filename: str
    sha256: Digest
    size: int

    @property
    def chosen(self) -> Chosen:
        return Chosen(package=self.name, version=self.version, record="", index=self.archive)


def toy_at(path: Path, archive: str, filename: str) -> Toy:
    with tarfile.open(path) as tar:
        control = tar.extractfile("control")
        assert control
        said = dict(line.split(": ", 1) for line in control.read().decode().splitlines())
    return Toy(
        name=said["Package"],
        version=said["Version"],
        depends=tuple(request(one) for one in said.get("Depends", "").split(", ") if one),
        archive=archive,
        filename=filename,
        **asdict(file_sum(path)),
    )


def request(text: str) -> Request:
    """``name``, or ``name >= 2``."""
    name, sign, version = (*text.split(), "", "")[:3]
    return Request(name=name, operator=sign, version=version)


def allows(asked: Request, version: str) -> bool:
    return bool(version) and bool(
        COMPARED[asked.operator](float(version), float(asked.version or version))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ToyWorld:
    toys: Sequence[Toy]
    """The newest first."""
    installed: Mapping[str, str]
    pins: Mapping[str, str]

    def base(self) -> Mapping[str, str]:
        return {}

    def versions(self, name: str) -> tuple[str, ...]:
        return tuple(toy.version for toy in self.toys if toy.name == name)

    def look_up(self, name: str, version: str) -> Chosen | None:
        found = (toy for toy in self.toys if (toy.name, toy.version) == (name, version))
        return next((toy.chosen for toy in found), None)

    def stands(self, chosen: Chosen, there: Mapping[str, str]) -> bool:
        (toy,) = (
            toy for toy in self.toys if (toy.name, toy.version) == (chosen.package, chosen.version)
        )
        return all(allows(one, there.get(one.name, "")) for one in toy.depends)

    def candidate(self, request: Request) -> str:
        return self._best(request).version

    def satisfied(self, request: Request) -> bool:
        return allows(request, self.installed.get(request.name, ""))

    def refuses(self, chosen: Chosen) -> Iterator[tuple[str, str, str]]:
        del chosen  # Toys get on with each other.
        return iter(())

    def solve(
        self, requests: Sequence[Request], *, why: Mapping[str, str], prefer: Sequence[str] = ()
    ) -> Solution:
        del prefer
        chosen: dict[str, Toy] = {}
        reasons: dict[str, str] = {}
        queue = [(one, why.get(one.name, "")) for one in requests]
        for asked, reason in queue:
            if asked.name not in chosen and (asked in requests or not self.satisfied(asked)):
                try:
                    toy = self._best(asked)
                except QlumodError:
                    return replace(NOTHING, unmet=(asked.name,))
                chosen[toy.name], reasons[toy.name] = toy, reason
                queue += [(one, f"{toy.name} depends on it") for one in toy.depends]
        return Solution(
            new=tuple(t.chosen for n, t in sorted(chosen.items()) if n not in self.installed),
            reasons=reasons,
            changes=tuple(
                VersionChange(package=name, old=self.installed[name], new=toy.version)
                for name, toy in sorted(chosen.items())
                if self.installed.get(name, toy.version) != toy.version
            ),
            unmet=(),
        )

    def reach(self, names: Iterable[str]) -> frozenset[str]:
        return frozenset(names)

    def why_refused(self, requests: Sequence[Request]) -> Refused:
        return Refused(reasons=tuple(f"no toys for {request}" for request in requests))

    def _best(self, asked: Request) -> Toy:
        for toy in self.toys:
            pinned = self.pins.get(toy.name, toy.version)
            if (toy.name, toy.version) == (asked.name, pinned) and allows(asked, toy.version):
                return toy
        raise QlumodError(f"{asked.place}there is no toy {asked}")


NOTHING = Solution(new=(), reasons={}, changes=(), unmet=())


@dataclass(frozen=True, slots=True, kw_only=True)
class ToyWorlds:
    toys: Sequence[Toy]
    compiling = None

    def allows(self, request: Request, version: str) -> bool:
        return allows(request, version)

    def offers(self, name: str) -> Iterator[PackageOffer]:
        return (
            PackageOffer(package=name, version=toy.version, archive=toy.archive)
            for toy in self.toys
            if toy.name == name
        )

    def catalogue(self, archives: Sequence[str] | None) -> World:
        return self.world(archives or (), (), {})

    def world(
        self,
        archives: Sequence[str],
        installed: Sequence[Chosen],
        pins: Mapping[str, str],
        *,
        barred: Sequence[str] = (),
        recommends: bool = False,
    ) -> World:
        del archives, barred, recommends  # All modules see all toys.
        there = {one.package: one.version for one in installed}
        return ToyWorld(toys=self.toys, installed=there, pins=pins)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToyArchives:
    folders: Mapping[str, Path]
    toys: Sequence[Toy] = ()
    missing: Mapping[str, QlumodError]

    @property
    def names(self) -> Collection[str]:
        return self.folders.keys()

    def read(self, optional: Collection[str], listen: Listener) -> Archives:
        del optional, listen
        return self._with(
            toy_at(path, name, path.name)
            for name, folder in self.folders.items()
            for path in folder.glob("*.toy")
        )

    def _with(self, toys: Iterable[Toy]) -> Archives:
        newest = sorted((*self.toys, *toys), key=lambda toy: (toy.name, -float(toy.version)))
        return replace(self, toys=newest)

    def dates(self, suites: Collection[tuple[str, str]]) -> Iterator[Dated]:
        del suites  # Directories have none.
        return iter(())

    def absent(
        self, packages: Sequence[LockedPackage], listen: Listener
    ) -> tuple[LockedPackage, ...]:
        del listen
        there = {toy.sha256 for toy in self.toys}
        return tuple(package for package in packages if package.sha256 not in there)

    def offers(self, names: Sequence[str], listen: Listener) -> Sequence[PackageOffer]:
        del listen
        return [offer for name in names for offer in ToyWorlds(toys=self.toys).offers(name)]

    def holding(
        self, packages: Sequence[LockedPackage], store: Store, listen: Listener
    ) -> Archives:
        del listen
        return self._with(
            toy_at(store.path(package.sha256), package.archive, package.filename)
            for package in packages
        )

    def solve(self, problem: Problem, listen: Listener) -> Solved:
        del listen
        worlds: Worlds = ToyWorlds(toys=self.toys)
        solver = Solver(worlds, problem)
        solver.solve()
        return Solved(packages=tuple(map(self._locked, solver.entries)))

    def _locked(self, entry: PackageEntry) -> LockedPackage:
        one = entry.chosen
        toy = next(t for t in self.toys if (t.name, t.version) == (one.package, one.version))
        return LockedPackage(
            package=PackageName(toy.name),
            version=toy.version,
            architecture="all",
            source=toy.name,
            sha256=toy.sha256,
            size=toy.size,
            filename=toy.filename,
            archive=toy.archive,
            modules=tuple(map(ModuleName, sorted(entry.modules))),
            reason=entry.reason,
        )

    def signed(self, solved: Solved) -> tuple[LockedArchive, ...]:
        del solved  # Nobody signs toys.
        return ()

    def download(
        self,
        packages: Sequence[LockedPackage],
        store: Store,
        *,
        advance: Callable[[int], None],
        listen: Listener,
    ) -> Sequence[Failure]:
        del store, advance, listen
        assert not packages, "all toys are in directories"
        return ()


@contextmanager
def toy_archives(
    release: Release,
    target: Target,
    reach: Reach,
    *,
    needed: Collection[str],
    optional: Collection[str] = (),
    listen: Listener,
) -> Iterator[Archives]:
    del listen
    wanted = {*needed, *optional}
    found = addressed(release, target.flavor, wanted, reach.addresses, check=lambda _: None)
    folders = {one.name: reach.beside / one.directory for one in found}
    yield ToyArchives(folders=folders, missing={})


def toy_tools() -> tuple[tuple[str, str], ...]:
    return (("toymaker", "1"),)
