"""The solver's own process: modules and held versions in, packages out, both as JSON.

``python -m qlumod.lock.solver`` with APT_CONFIG naming a private root. apt solves; what is done
here is to ask it in the right order: core first, then each module with the modules that it requires
as installed. Packages of other modules that were chosen already have one version only.
"""

import json
import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import apt_pkg

from qlumod.errors import Faults, QlumodError, raise_faults
from qlumod.lock.process import python_module
from qlumod.lock.world import Change, Chosen, Request, Solution, World
from qlumod.system import apt
from qlumod.system.run import capture

Json = Any
ROUNDS = 20
"""How often moved packages may move others before it is called a fault of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """What the solver needs of a module's spec; `requires` are all modules below it."""

    name: str
    path: str
    requires: tuple[str, ...]
    requests: tuple[Request, ...]
    recommends: bool
    prefer: tuple[str, ...]

    @classmethod
    def read(cls, given: Json) -> "Module":
        """Take it from its JSON form."""
        return cls(
            name=given["name"],
            path=given["path"],
            requires=tuple(given["requires"]),
            requests=tuple(Request(**request) for request in given["requests"]),
            recommends=given["recommends"],
            prefer=tuple(given["prefer"]),
        )


@dataclass(slots=True, kw_only=True)
class Entry:
    """A package of the lock that grows."""

    chosen: Chosen
    reason: str
    modules: list[str] = field(default_factory=list)


class Solver:
    """Asks apt module by module."""

    def __init__(self, root: apt.AptRoot, modules: Sequence[Module]) -> None:
        self._root = root
        self._folder = root.path / "solve"
        self._folder.mkdir(exist_ok=True)
        self._modules = modules
        self._worlds = 0
        self._catalogue = self._world()
        self._essential = self._catalogue.essential()

    def absent(self, versions: Mapping[str, str]) -> list[str]:
        """The names of those packages that no archive has in that version."""
        return [
            name
            for name, version in versions.items()
            if self._catalogue.look_up(name, version) is None
        ]

    def solve(
        self, held: Mapping[str, Sequence[str]], versions: Mapping[str, str], moving: Sequence[str]
    ) -> dict[str, Entry]:
        """All packages by name.

        `held` names the old lock's packages of each module, `versions` are theirs; what follows
        from those that are `moving` moves, too.
        """
        self._check_requests()
        pins = self._moved(held, dict(versions), list(moving)) if versions else {}
        entries: dict[str, Entry] = {}
        for module in self._modules:
            self._add(module, entries, pins)
        return entries

    def close(self) -> None:
        """Remove the worlds' files."""
        for path in sorted(self._folder.iterdir()):
            path.unlink()
        self._folder.rmdir()

    def _check_requests(self) -> None:
        faults: list[QlumodError] = []
        for module in self._modules:
            for request in module.requests:
                try:
                    self._catalogue.candidate(request)
                except QlumodError as fault:
                    faults.append(fault)
        raise_faults(faults)

    def _moved(
        self, held: Mapping[str, Sequence[str]], versions: dict[str, str], moving: Sequence[str]
    ) -> dict[str, str]:
        """The held versions after what is asked to move, and what follows from it, has moved."""
        for _ in range(ROUNDS):
            before = dict(versions)
            for module in self._modules:
                self._move(module, held, versions, moving)
            if versions == before:
                return versions
        raise QlumodError(
            "the packages that move never come to rest", remedy="qlumod lock --update"
        )

    def _move(
        self,
        module: Module,
        held: Mapping[str, Sequence[str]],
        versions: dict[str, str],
        moving: Sequence[str],
    ) -> None:
        """Let apt move what one module's stack demands, the old lock's packages installed."""
        stack = {name for part in (*module.requires, module.name) for name in held.get(part, ())}
        demands = self._demands(module, stack, versions, moving)
        if not demands and stack <= versions.keys():
            return
        installed = [
            chosen for name in sorted(stack) if (chosen := self._held(name, versions)) is not None
        ]
        there = {chosen.package for chosen in installed}
        world = self._world(
            installed,
            {name: version for name, version in versions.items() if name not in there},
            recommends=module.recommends,
        )
        for change in self._solved(world, demands, {}, module.prefer).changes:
            if change.new:
                versions[change.package] = change.new

    def _demands(
        self,
        module: Module,
        stack: Collection[str],
        versions: Mapping[str, str],
        moving: Sequence[str],
    ) -> list[Request]:
        """What the old lock's packages do not satisfy, and what is to move."""
        requests = {request.name: request for request in self._requests_of(module)}
        return [
            request
            for request in requests.values()
            if request.name not in stack or not request.allows(versions.get(request.name, ""))
        ] + [
            requests.get(name, Request(name=name))
            for name in moving
            if name in stack and versions.get(name) != self._newest(requests.get(name), name)
        ]

    def _newest(self, request: Request | None, name: str) -> str:
        return str(self._catalogue.candidate(request or Request(name=name)).ver_str)

    def _held(self, name: str, versions: Mapping[str, str]) -> Chosen | None:
        newest = self._catalogue.versions(name)
        version = versions.get(name, newest[0] if newest else "")
        return self._catalogue.look_up(name, version)

    def _add(self, module: Module, entries: dict[str, Entry], pins: Mapping[str, str]) -> None:
        below = {
            name: entry
            for name, entry in entries.items()
            if set(entry.modules) & set(module.requires)
        }
        fixed = {**pins, **{name: entry.chosen.version for name, entry in entries.items()}}
        installed = [entry.chosen for entry in below.values()]
        world = self._world(installed, fixed, recommends=module.recommends)
        raise_faults(_other_versions(module, world, entries, below))
        solution = self._solution(module, world)
        if solution.unmet or solution.changes:
            raise self._refusal(module, world, solution, below, fixed)
        for chosen in solution.new:
            entry = entries.setdefault(
                chosen.package, Entry(chosen=chosen, reason=solution.reasons[chosen.package])
            )
            entry.modules.append(module.name)

    def _solution(self, module: Module, world: World) -> Solution:
        requests = self._requests_of(module)
        why = {request.name: f"requested by {module.name}" for request in requests}
        if not module.requires:
            why |= dict.fromkeys(self._essential, "essential")
            why["apt"] = "every root has apt"
            why |= {request.name: f"requested by {module.name}" for request in module.requests}
        open_ = [request for request in requests if not world.satisfied(request)]
        return self._solved(world, open_, why, module.prefer)

    def _solved(
        self,
        world: World,
        requests: Sequence[Request],
        why: Mapping[str, str],
        prefer: Sequence[str],
    ) -> Solution:
        """Solve here, or with Recommends in a process of its own."""
        if not world.recommends:
            return world.solve(requests, why=why, prefer=prefer)
        order = {
            "task": "one",
            "folder": str(self._folder),
            "number": world.number,
            "requests": [asdict(request) for request in requests],
            "why": why,
            "prefer": prefer,
        }
        call = python_module("qlumod.lock.solver", order, environment=self._root.environment)
        answer = json.loads(capture(call))
        return Solution(
            new=tuple(Chosen(**chosen) for chosen in answer["new"]),
            reasons=answer["reasons"],
            changes=tuple(Change(**change) for change in answer["changes"]),
            unmet=tuple(answer["unmet"]),
        )

    def _requests_of(self, module: Module) -> tuple[Request, ...]:
        """What apt is asked for: a module that requires none brings what every root has."""
        if module.requires:
            return module.requests
        named = {request.name for request in module.requests}
        base = [name for name in (*self._essential, "apt") if name not in named]
        return (*(Request(name=name) for name in base), *module.requests)

    def _refusal(
        self,
        module: Module,
        world: World,
        solution: Solution,
        below: Mapping[str, Entry],
        fixed: Mapping[str, str],
    ) -> QlumodError:
        changes = solution.changes or self._wished_changes(module, below, fixed)
        if changes:
            return QlumodError(
                f"{module.path}: {module.name} would change packages of a module below it",
                details=[
                    _change_text(change, module.name, below[change.package].modules[0])
                    for change in changes
                ],
                remedy=f"let {changes[0].package} move in the module that holds it,"
                f" or ask in {module.name} for versions that go with it",
            )
        requests = [_for_apt(request, world) for request in self._requests_of(module)]
        reasons = apt.why_not(
            self._root, requests, status=world.status, preferences=world.preferences
        )
        return QlumodError(
            f"{module.path}: {module.name} cannot be installed",
            details=(*(reasons or solution.unmet), *self._there_is(reasons, world, fixed)),
        )

    def _there_is(
        self, reasons: Sequence[str], world: World, fixed: Mapping[str, str]
    ) -> Iterator[str]:
        """apt says that a bound is not met, but neither which versions there are nor why."""
        bounded = re.findall(r"(?:[Dd]epends|PreDepends): (\S+) \([<>=]", "\n".join(reasons))
        for name in dict.fromkeys(bounded):
            if versions := world.versions(name):
                yield f"there is {name} in {', '.join(versions)}"
            if name in fixed:
                yield f"{name} is held at {fixed[name]}, as other modules or the old lock have it"

    def _wished_changes(
        self, module: Module, below: Mapping[str, Entry], fixed: Mapping[str, str]
    ) -> tuple[Change, ...]:
        """What apt would do to the modules below if it were free to."""
        pins = {name: version for name, version in fixed.items() if name not in below}
        world = self._world(
            [entry.chosen for entry in below.values()], pins, recommends=module.recommends
        )
        solution = self._solution(module, world)
        return () if solution.unmet else solution.changes

    def _world(
        self,
        installed: Sequence[Chosen] = (),
        pins: Mapping[str, str] | None = None,
        *,
        recommends: bool = False,
    ) -> World:
        self._worlds += 1
        return World(
            self._folder, self._worlds, installed=installed, pins=pins or {}, recommends=recommends
        )


def _other_versions(
    module: Module, world: World, entries: Mapping[str, Entry], below: Mapping[str, Entry]
) -> Iterator[QlumodError]:
    """Find requests for a version that another module, which is not below, rules out."""
    for request in module.requests:
        entry = entries.get(request.name)
        if entry and request.name not in below:
            version = entry.chosen.version
            if world.candidate(request).ver_str != version:
                yield QlumodError(
                    f"{request.place}{module.name} asks for {request},"
                    f" but {entry.modules[0]} has it in {version}",
                    details=("all modules have one version of each package",),
                    remedy="ask for versions that go together",
                )


def _for_apt(request: Request, world: World) -> str:
    return f"{request.name}={world.candidate(request).ver_str}"


def _change_text(change: Change, module: str, holder: str) -> str:
    if not change.new:
        return f"{module} would remove {change.package} {change.old} of {holder}"
    return f"{module} would move {change.package} of {holder}: {change.old} → {change.new}"


def _with_recommends(order: Json) -> Json:
    """What `_solved` asks this program for, in a process where Recommends count."""
    world = World(Path(order["folder"]), order["number"], recommends=True)
    requests = [Request(**request) for request in order["requests"]]
    return asdict(world.solve(requests, why=order["why"], prefer=order["prefer"]))


def _answer(order: Json) -> Json:
    root = apt.AptRoot(path=Path(order["root"]), architecture=order["architecture"], sources=())
    solver = Solver(root, [Module.read(module) for module in order["modules"]])
    try:
        if order["task"] == "absent":
            return solver.absent(order["versions"])
        entries = solver.solve(order["held"], order["versions"], order["moving"])
    finally:
        solver.close()
    files = [
        (archive, suite, apt_pkg.uri_to_filename(uri)) for archive, suite, uri in order["sources"]
    ]
    return {
        "packages": [_entry(entry, files) for _, entry in sorted(entries.items())],
        "indexes": files,
    }


def _entry(entry: Entry, files: Sequence[tuple[str, str, str]]) -> Json:
    section = apt_pkg.TagSection(entry.chosen.stanza)
    return {
        "package": entry.chosen.package,
        "version": entry.chosen.version,
        "architecture": section["Architecture"],
        "source": section.get("Source", entry.chosen.package),
        "sha256": section["SHA256"],
        "size": int(section["Size"]),
        "filename": section["Filename"],
        "archive": next(a for a, _, start in files if entry.chosen.index.startswith(start)),
        "modules": entry.modules,
        "reason": entry.reason,
        "section": _restricted(section.get("Section", "")),
    }


def _restricted(section: str) -> str:
    """A section outside the main area, whose sections have no area in front (Policy 2.4)."""
    return section if "/" in section else ""


def _faults(error: QlumodError) -> Iterator[Json]:
    for fault in error.faults if isinstance(error, Faults) else (error,):
        yield {"brief": fault.brief, "details": list(fault.details), "remedy": fault.remedy}


def _main() -> None:
    apt_pkg.init()
    try:
        order = json.loads(sys.stdin.buffer.read())
        if order["task"] == "one":
            answer: Json = _with_recommends(order)
        else:
            answer = {"result": _answer(order)}
    except QlumodError as error:
        answer = {"faults": list(_faults(error))}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    _main()
