"""Asking apt module by module, each with the modules that it requires as installed.

Packages that other modules of one image chose already have one version only. Modules that exclude
each other may have another version each.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import apt_pkg

from qlumod.errors import QlumodError, raise_faults
from qlumod.lock.solver import kernels
from qlumod.lock.solver.apt_cache import World, allows, pins_text, status_text
from qlumod.lock.solver.conflicts import check_apart
from qlumod.lock.solver.contract import (
    AptChange,
    Chosen,
    Frame,
    Module,
    Question,
    Request,
    Solution,
    SourceEntry,
)
from qlumod.lock.solver.kernels import Kernel, Made
from qlumod.lock.solver.problem import PackageEntries, PackageEntry, Slot, versions_by_package
from qlumod.model.generated import generated_name
from qlumod.packaging.debian import apt
from qlumod.packaging.debian.python_apt import python_module
from qlumod.system.processes.run import capture

NOTHING = Solution(new=(), reasons={}, changes=(), unmet=())
ROUNDS = 20
"""How often moved packages may move others before it is called a fault of ours."""


class Sources:
    """The archives of the root, and which of them a module sees."""

    def __init__(self, given: Sequence[SourceEntry], shared: Iterable[str]) -> None:
        self._given = given
        self._shared = frozenset(shared)
        self.files = tuple(
            (source.archive, suite, apt_pkg.uri_to_filename(base))
            for source in given
            for suite, base in source.suites
        )
        """Archive, suite, and how the names of their files in the root's lists begin."""
        self._indexes = tuple(
            (source.archive, apt_pkg.uri_to_filename(f"{base}{component}"))
            for source in given
            for _, base in source.suites
            for component in [f"{name}/" for name in source.components] or [""]
        )
        """Archive, and how the names of its indexes begin: two archives may share a suite."""

    def seen_with(self, archives: Sequence[str]) -> str:
        """The text of a list of sources: those that all modules have, and some archives."""
        return "\n".join(
            source.stanza
            for source in self._given
            if _name(source.archive) in {*self._shared, *archives}
        )

    @property
    def everything(self) -> tuple[str, ...]:
        """The names of all archives."""
        return tuple(_name(source.archive) for source in self._given)

    def first(self, archives: Sequence[str]) -> tuple[str, ...]:
        """How the names of some archives' indexes begin."""
        return tuple(start for archive, start in self._indexes if _name(archive) in archives)

    def archive_of(self, chosen: Chosen) -> str:
        """The archive that a version comes from."""
        found = (archive for archive, start in self._indexes if chosen.index.startswith(start))
        return str(next(found))


def _name(archive: str) -> str:
    """The archive that held packages stand in for is in their archive's name."""
    return archive.rpartition(":")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What apt was asked for a module, and what it said."""

    module: Module
    world: World
    installed: Sequence[Chosen]
    fixed: Mapping[str, str]
    """The versions that packages have already."""
    requests: tuple[Request, ...]
    solution: Solution

    @property
    def failed(self) -> bool:
        """Whether the module cannot be had so."""
        return bool(self.solution.unmet or self.solution.changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compilation:
    """What a module's kernel modules are compiled from and with, and what comes of it."""

    solution: Solution
    made: tuple[Made, ...] = ()
    relied_on: frozenset[str] = frozenset()
    """The names of all packages that its outcome may depend on: those of the build, essential ones,
    and what they depend on, as in a .buildinfo (Policy 4.2)."""


class Solver:
    """Asks apt module by module."""

    def __init__(self, root: apt.AptRoot, modules: Sequence[Module], sources: Sources) -> None:
        self._root = root
        self._folder = root.path / "solve"
        self._folder.mkdir(exist_ok=True)
        self._modules = sorted(modules, key=lambda module: _named_below(module, modules))
        self._sources = sources
        self._worlds = 0
        self._catalogues: dict[tuple[str, ...], World] = {}
        self.entries = PackageEntries()

    def absent(self, slots: Sequence[Slot]) -> list[int]:
        """Which of these packages no archive has in that version, by their places."""
        catalogue = self._catalogue(self._sources.everything)
        return [
            place
            for place, slot in enumerate(slots)
            if catalogue.look_up(slot.old.package, slot.version) is None
        ]

    def solve(self, slots: Sequence[Slot]) -> None:
        """Fill `entries`; `slots` are the old lock's packages, and what follows from moving ones
        moves, too."""
        self._check_requests()
        if slots:
            self._move_all(slots)
        for module in self._modules:
            self._add(module, slots)
        check_apart(self._modules, self.entries, self._catalogue(self._sources.everything))

    def close(self) -> None:
        """Remove the worlds' files."""
        for path in sorted(self._folder.iterdir()):
            path.unlink()
        self._folder.rmdir()

    def _check_requests(self) -> None:
        faults: list[QlumodError] = []
        for module in self._modules:
            catalogue = self._catalogue(module.archives)
            for request in (*module.requests, *module.kernel_modules, *module.build):
                try:
                    catalogue.candidate(request)
                except QlumodError as fault:
                    faults.append(fault)
        raise_faults(faults)

    def _move_all(self, slots: Sequence[Slot]) -> None:
        """Move what is asked to move, and what follows from it."""
        for _ in range(ROUNDS):
            before = [slot.version for slot in slots]
            for module in self._modules:
                self._move(module, slots)
            if [slot.version for slot in slots] == before:
                return
        raise QlumodError(
            "the packages that move never come to rest", remedy="qlumod lock --update"
        )

    def _move(self, module: Module, slots: Sequence[Slot]) -> None:
        """Let apt move what one module's stack demands, the old lock's packages installed."""
        stack = {slot.old.package: slot for slot in slots if {*slot.old.modules} & {*module.stack}}
        demands = self._demands(module, stack)
        if not demands and all(slot.version for slot in stack.values()):
            return
        held = (self._held(module, slot) for _, slot in sorted(stack.items()))
        installed = tuple(filter(None, held))
        pins = {
            name: version
            for name, version in self._pins(module, slots).items()
            if name not in stack
        }
        sources = {slot.old.package: slot for slot in slots if module.name in slot.old.builds}
        # Where what moves needs other kernel modules, their sources move along.
        for stay in (True, False):
            made = tuple(self._stand_ins(module, sources if stay else {}))
            world = self._world(module, (*installed, *(one.chosen for one in made)), pins)
            solution = self._solved(world, demands, {}, module.prefer)
            if not made or not solution.unmet:
                break
        for one in made:
            if one.how.sources in sources:
                sources[one.how.sources].version = one.how.sources_version
        for change in solution.changes:
            if change.new and change.package in stack:
                stack[change.package].version = change.new

    def _stand_ins(self, module: Module, held: Mapping[str, Slot]) -> Iterator[Made]:
        """What a module's kernel modules are for its userland, whatever the kernel is."""
        catalogue = self._catalogue(module.archives)
        for request in module.kernel_modules:
            slot = held.get(request.name)
            version = slot.version if slot and not slot.old.moving else ""
            if not allows(request, version):
                version = catalogue.candidate(request).ver_str
            everything = self._catalogue(self._sources.everything)
            chosen = everything.look_up(request.name, version) or catalogue.look_up(
                request.name, catalogue.candidate(request).ver_str
            )
            if chosen:
                yield kernels.made_of(chosen, kernels.ANY, self._root.architecture)

    def _demands(self, module: Module, stack: Mapping[str, Slot]) -> list[Request]:
        """What the old lock's packages do not satisfy, and what is to move."""
        requests = {request.name: request for request in self._requests_of(module)}
        versions = {name: slot.version for name, slot in stack.items()}
        return [
            request
            for request in requests.values()
            if request.name not in stack or not allows(request, versions.get(request.name, ""))
        ] + [
            request
            for slot in stack.values()
            if slot.old.moving
            and slot.version != self._newest(module, request := _for_newest(module, requests, slot))
        ]

    def _newest(self, module: Module, request: Request) -> str:
        return str(self._catalogue(module.archives).candidate(request).ver_str)

    def _held(self, module: Module, slot: Slot) -> Chosen | None:
        everything = self._catalogue(self._sources.everything)
        if slot.version:
            return everything.look_up(slot.old.package, slot.version)
        newest = self._catalogue(module.archives).versions(slot.old.package)
        return everything.look_up(slot.old.package, newest[0] if newest else "")

    def _pins(
        self, module: Module, slots: Sequence[Slot], *, builds: bool = False
    ) -> dict[str, str]:
        """The versions of the old lock that may be in one image with a module; its own win."""
        others = {other.name for other in self._modules if other.name not in module.excludes}
        pins: dict[str, str] = {}
        for own in (False, True):
            for slot in slots:
                old = slot.old
                names = {*old.modules, *(old.builds if builds else ())}
                wanted = {*module.stack} if own else others
                if slot.version and names & wanted and not (old.moving and not old.modules):
                    pins[old.package] = slot.version
        return pins

    def _add(self, module: Module, slots: Sequence[Slot]) -> None:
        below = self.entries.of(module.requires)
        beside = self.entries.beside(module, self._modules)
        fixed = {**self._pins(module, slots), **versions_by_package(beside)}
        ground = [entry.chosen for entry in below.values()]
        for compilation in self._compilations(module, ground, fixed, slots):
            raise_faults(_compiled_twice(module, compilation.made, beside))
            stand_ins = (one.chosen for one in compilation.made)
            attempt = self._attempt(module, (*ground, *stand_ins), fixed)
            raise_faults(_other_versions(module, attempt.world, beside, below))
            if not attempt.failed:
                break
        if attempt.failed:
            raise self._refusal(attempt, below)
        for solution, names in (
            (attempt.solution, {"module": module.name}),
            (compilation.solution, {"build": module.name}),
        ):
            for chosen in solution.new:
                self.entries.add(chosen, solution.reasons[chosen.package], **names)
        for name in sorted(compilation.relied_on & below.keys()):
            below[name].builds.append(module.name)
        stack = (*attempt.installed, *attempt.solution.new)
        for made in kernels.settled(compilation.made, stack):
            if other := self.entries.add_made(made, module.name):
                raise QlumodError(
                    f"{module.path}: {module.name} compiles {made.how.sources} otherwise than"
                    f" {other}: with other packages, or for others",
                    remedy="let a third module compile it, and both require that",
                )

    def _attempt(
        self, module: Module, installed: Sequence[Chosen], fixed: Mapping[str, str]
    ) -> Attempt:
        world = self._world(module, installed, fixed)
        requests = self._requests_of(module)
        return Attempt(
            module=module,
            world=world,
            installed=installed,
            fixed=fixed,
            requests=requests,
            solution=self._solution(module, world, requests),
        )

    def _compilations(
        self,
        module: Module,
        ground: Sequence[Chosen],
        fixed: Mapping[str, str],
        slots: Sequence[Slot],
    ) -> Iterator[Compilation]:
        """What a module's kernel modules may be compiled from and with, the best first.

        The old lock's versions stay if they can, at least the sources': what only builds is in no
        image.
        """
        if not module.kernel_modules:
            yield Compilation(solution=NOTHING)
            return
        kernel = kernels.kernel_of(ground, f"{module.path}: {module.name}")
        there = {chosen.package for chosen in ground}
        if all(generated_name(one.name, kernel.release) in there for one in module.kernel_modules):
            yield Compilation(solution=NOTHING)
            return
        held = kernels.without_kernels(self._pins(module, slots, builds=True))
        sources = {one.name: held[one.name] for one in module.kernel_modules if one.name in held}
        possible = False
        for pins in ({**held, **fixed}, {**sources, **fixed}, fixed):
            attempt = self._compiling(module, kernel, ground, pins)
            if not attempt.failed:
                possible = True
                yield self._compilation(attempt, kernel, there)
        if not possible:
            raise self._refusal(attempt, self.entries.of(module.requires))

    def _compilation(self, attempt: Attempt, kernel: Kernel, there: Collection[str]) -> Compilation:
        found = {chosen.package: chosen for chosen in attempt.solution.new}
        made = (
            kernels.made_of(found[request.name], kernel, self._root.architecture)
            for request in attempt.module.kernel_modules
        )
        return Compilation(
            solution=attempt.solution,
            made=tuple(one for one in made if one.name not in there),
            relied_on=attempt.world.reach(request.name for request in attempt.requests),
        )

    def _compiling(
        self, module: Module, kernel: Kernel, ground: Sequence[Chosen], fixed: Mapping[str, str]
    ) -> Attempt:
        pins = {**kernels.pins_of(kernel), **fixed}
        tools = [
            kernels.headers_of(kernel, f"{module.path}: {module.name}: "),
            Request(name="dkms"),
            *module.build,
        ]
        requests = (*module.kernel_modules, *tools)
        why = {request.name: f"compiles kernel modules of {module.name}" for request in tools}
        why |= {one.name: f"kernel modules of {module.name}" for one in module.kernel_modules}
        world = self._world(module, ground, pins, recommends=False, compiling=True)
        open_ = [request for request in requests if not world.satisfied(request)]
        return Attempt(
            module=module,
            world=world,
            installed=ground,
            fixed=pins,
            requests=requests,
            solution=world.solve(open_, why=why),
        )

    def _solution(self, module: Module, world: World, requests: Sequence[Request]) -> Solution:
        why = {request.name: f"requested by {module.name}" for request in requests}
        if not module.requires:
            why |= dict.fromkeys(self._catalogue(module.archives).essential(), "essential")
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
        question = Question(frame=world.frame, requests=requests, why=why, prefer=prefer)
        order = {"question": question.as_json}
        call = python_module(
            "qlumod.lock.solver.process", order, environment=self._root.environment
        )
        return Solution.from_json(json.loads(capture(call))["solution"])

    def _requests_of(self, module: Module) -> tuple[Request, ...]:
        """What apt is asked for: a module that requires none brings what every root has."""
        if module.requires:
            return module.requests
        named = {request.name for request in module.requests}
        essential = self._catalogue(module.archives).essential()
        base = [name for name in (*essential, "apt") if name not in named]
        return (*(Request(name=name) for name in base), *module.requests)

    def _refusal(self, attempt: Attempt, below: Mapping[str, PackageEntry]) -> QlumodError:
        module, world = attempt.module, attempt.world
        changes = attempt.solution.changes or self._wished_changes(attempt)
        if changes:
            return QlumodError(
                f"{module.path}: {module.name} would change packages of a module below it",
                details=[
                    _change_text(change, module.name, below[change.package].modules[0])
                    for change in changes
                    if change.package in below
                ],
                remedy=f"let {changes[0].package} move in the module that holds it,"
                f" or ask in {module.name} for versions that go with it",
            )
        wanted = {one.name: world.candidate(one).ver_str for one in attempt.requests}
        requests = [f"{name}={version}" for name, version in {**wanted, **world.brought}.items()]
        reasons = apt.why_apt_refuses(self._root, requests, options=world.frame.options)
        what = "compiled" if attempt.requests[:1] == module.kernel_modules[:1] else "installed"
        held = self._held_ones(reasons, attempt.fixed)
        others = sorted({name for names in held.values() for name in names} - {*module.stack})
        return QlumodError(
            f"{module.path}: {module.name} cannot be {what}",
            details=(
                *(reasons or attempt.solution.unmet),
                *_there_is(_bounded(reasons), world, attempt.fixed, held),
                *_only_compiled(module, reasons, what),
            ),
            remedy=f"if that is how it is, write 'Conflicts: {', '.join(others)}'"
            if others
            else "",
        )

    def _held_ones(
        self, reasons: Sequence[str], fixed: Mapping[str, str]
    ) -> dict[str, tuple[str, ...]]:
        """The modules that have the packages whose bounds are not met."""
        return {
            name: self.entries.holders(name, fixed[name])
            for name in _bounded(reasons)
            if name in fixed
        }

    def _wished_changes(self, attempt: Attempt) -> tuple[AptChange, ...]:
        """What apt would do to the modules below if it were free to."""
        module = attempt.module
        there = {chosen.package for chosen in attempt.installed}
        pins = {name: version for name, version in attempt.fixed.items() if name not in there}
        world = self._world(module, attempt.installed, pins)
        open_ = [request for request in attempt.requests if not world.satisfied(request)]
        solution = self._solved(world, open_, {}, module.prefer)
        return () if solution.unmet else solution.changes

    def _catalogue(self, archives: Sequence[str]) -> World:
        """What there is, for a module that names some archives."""
        key = tuple(sorted(archives))
        if key not in self._catalogues:
            self._catalogues[key] = World(self._frame(key, (), {}))
        return self._catalogues[key]

    def _world(
        self,
        module: Module,
        installed: Sequence[Chosen],
        pins: Mapping[str, str],
        *,
        recommends: bool | None = None,
        compiling: bool = False,
    ) -> World:
        barred = () if compiling else tuple(one.name for one in module.kernel_modules)
        return World(
            self._frame(module.archives, installed, pins, barred),
            recommends=module.recommends if recommends is None else recommends,
        )

    def _frame(
        self,
        archives: Sequence[str],
        installed: Sequence[Chosen],
        pins: Mapping[str, str],
        barred: Sequence[str] = (),
    ) -> Frame:
        self._worlds += 1
        name = "-".join(("with", *sorted(archives)))
        frame = Frame(
            status=self._folder / f"status-{self._worlds}",
            preferences=self._folder / f"preferences-{self._worlds}",
            sources=self._folder / f"{name}.sources",
            cache=self._folder / f"{name}.bin",
            first=self._sources.first(archives),
        )
        frame.status.write_text(status_text(installed), encoding="utf-8")
        frame.preferences.write_text(pins_text(pins, barred), encoding="utf-8")
        if not frame.sources.exists():
            frame.sources.write_text(self._sources.seen_with(archives), encoding="utf-8")
        return frame


def _for_newest(module: Module, requests: Mapping[str, Request], slot: Slot) -> Request:
    """What asks for a package's newest version; only what came from a named archive does again."""
    anywhere = slot.old.archive not in module.archives
    return requests.get(slot.old.package, Request(name=slot.old.package, anywhere=anywhere))


def _named_below(module: Module, modules: Sequence[Module]) -> bool:
    """Whether a module or one below names an archive: then it comes after all that name none.

    What the others take from the archives that all have is settled by then.
    """
    return any(other.archives for other in modules if other.name in module.stack)


def _only_compiled(module: Module, reasons: Iterable[str], what: str) -> Iterator[str]:
    """apt does not know why sources of kernel modules are not to be installed."""
    for request in module.kernel_modules:
        if what == "installed" and f" {request.name} " in "\n".join(reasons):
            yield f"{request.name} is compiled, and not installed"


def _compiled_twice(
    module: Module, made: Iterable[Made], beside: Mapping[str, PackageEntry]
) -> Iterator[QlumodError]:
    """Find modules that compile the same sources, and may be in one image."""
    for one in made:
        if one.name in beside:
            other = beside[one.name].modules[0]
            yield QlumodError(
                f"{module.path}: {module.name} compiles {one.how.sources}, and so does {other}",
                remedy=f"let {module.name} require {other}, or a third module compile it for both",
            )


def _other_versions(
    module: Module,
    world: World,
    beside: Mapping[str, PackageEntry],
    below: Mapping[str, PackageEntry],
) -> Iterator[QlumodError]:
    """Find requests for a version that another module, which is not below, rules out."""
    for request in module.requests:
        entry = beside.get(request.name)
        if entry and request.name not in below:
            version = entry.chosen.version
            if world.candidate(request).ver_str != version:
                yield QlumodError(
                    f"{request.place}{module.name} asks for {request},"
                    f" but {entry.modules[0]} has it in {version}",
                    details=("all modules of an image have one version of each package",),
                    remedy="ask for versions that go together,"
                    f" or write 'Conflicts: {entry.modules[0]}'",
                )


def _bounded(reasons: Sequence[str]) -> tuple[str, ...]:
    """The packages of which apt says that a bound is not met."""
    found = re.findall(r"(?:[Dd]epends|PreDepends): (\S+) \([<>=]", "\n".join(reasons))
    return tuple(dict.fromkeys(found))


def _there_is(
    names: Sequence[str],
    world: World,
    fixed: Mapping[str, str],
    held: Mapping[str, Sequence[str]],
) -> Iterator[str]:
    """apt says that a bound is not met, but neither which versions there are nor why."""
    for name in names:
        if versions := world.versions(name):
            yield f"there is {name} in {', '.join(versions)}"
        if name in held:
            who = " and ".join(held[name]) or "the old lock"
            have = "have" if len(held[name]) > 1 else "has"
            yield f"{name} is held at {fixed[name]}, as {who} {have} it"


def _change_text(change: AptChange, module: str, holder: str) -> str:
    if not change.new:
        return f"{module} would remove {change.package} {change.old} of {holder}"
    return f"{module} would move {change.package} of {holder}: {change.old} → {change.new}"
