"""The sources and the build packages of compiled kernel modules."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from qlumod.model.generated import generated_name
from qlumod.packaging.solving.module_worlds import Attempt, ModuleWorlds
from qlumod.packaging.solving.no_solution import Refusals
from qlumod.packaging.solving.package_entries import Slot
from qlumod.packaging.solving.problem import Module
from qlumod.packaging.solving.solution import Chosen, Solution
from qlumod.packaging.solving.world import Compiling, Kernel, Made

NOTHING = Solution(new=(), reasons={}, changes=(), unmet=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Compilation:
    """The sources and build packages of a module's kernel modules, and the generated packages."""

    solution: Solution = NOTHING
    made: tuple[Made, ...] = ()
    relied_on: frozenset[str] = frozenset()
    """The names of all packages on which the result may depend: those of the build, essential ones,
    and their dependencies, as in a .buildinfo (Policy 4.2).
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Compilations:
    """Chooses the sources and the build packages for the kernel modules of one module."""

    worlds: ModuleWorlds
    refusals: Refusals
    compiling: Compiling
    module: Module
    ground: Sequence[Chosen]
    """The packages of the modules below."""

    def choices(self, fixed: Mapping[str, str], slots: Sequence[Slot]) -> Iterator[Compilation]:
        """The possible choices, the best first; raises if there is none.

        The old lock's versions are kept if possible, at least those of the sources: packages that
        are only for the build are in no image.
        """
        module = self.module
        kernel = self.compiling.kernel_of(self.ground, f"{module.path}: {module.name}")
        there = {chosen.package for chosen in self.ground}
        if all(generated_name(one.name, kernel.release) in there for one in module.kernel_modules):
            yield Compilation()
            return
        held = self.compiling.without_kernels(self.worlds.pins(module, slots, builds=True))
        sources = {one.name: held[one.name] for one in module.kernel_modules if one.name in held}
        possible = False
        for pins in ({**held, **fixed}, {**sources, **fixed}, fixed):
            attempt = self._attempt(kernel, pins)
            if not attempt.failed:
                possible = True
                yield self._compilation(attempt, kernel, there)
        if not possible:
            raise self.refusals.of(attempt)

    def _compilation(self, attempt: Attempt, kernel: Kernel, there: Collection[str]) -> Compilation:
        found = {chosen.package: chosen for chosen in attempt.solution.new}
        made = (
            self.compiling.made_of(found[request.name], kernel, request.options)
            for request in self.module.kernel_modules
        )
        return Compilation(
            solution=attempt.solution,
            made=tuple(one for one in made if one.name not in there),
            relied_on=attempt.world.reach(request.name for request in attempt.requests),
        )

    def _attempt(self, kernel: Kernel, fixed: Mapping[str, str]) -> Attempt:
        module = self.module
        pins = {**self.compiling.pins(kernel), **fixed}
        tools = self.compiling.tools(kernel, f"{module.path}: {module.name}: ") + module.build
        requests = (*module.kernel_modules, *tools)
        why = {request.name: f"compiles kernel modules of {module.name}" for request in tools}
        why |= {one.name: f"kernel modules of {module.name}" for one in module.kernel_modules}
        world = self.worlds.world(module, self.ground, pins, compiling=True)
        open_ = [request for request in requests if not world.satisfied(request)]
        return Attempt(
            module=module,
            world=world,
            installed=self.ground,
            fixed=pins,
            requests=requests,
            solution=world.solve(open_, why=why),
        )
