"""The worlds in which modules are solved, and the requests of each module."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qlumod.packaging.solving.package_entries import Slot
from qlumod.packaging.solving.problem import Module, Request
from qlumod.packaging.solving.solution import Chosen, Solution
from qlumod.packaging.solving.world import World, Worlds


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """The requests for a module, and the result."""

    module: Module
    world: World
    installed: Sequence[Chosen]
    fixed: Mapping[str, str]
    """The versions that are chosen already."""
    requests: tuple[Request, ...]
    solution: Solution

    @property
    def failed(self) -> bool:
        """Whether there is no solution."""
        return bool(self.solution.unmet or self.solution.changes)


class ModuleWorlds:
    """All modules that are solved together, and the worlds over their archives."""

    def __init__(self, worlds: Worlds, modules: Sequence[Module]) -> None:
        self.worlds = worlds
        self.modules = sorted(modules, key=lambda module: _named_below(module, modules))

    @property
    def everything(self) -> World:
        """All packages of all archives."""
        return self.worlds.catalogue(None)

    def catalogue(self, module: Module) -> World:
        """The available packages for a module."""
        return self.worlds.catalogue(module.archives)

    def world(
        self,
        module: Module,
        installed: Sequence[Chosen],
        pins: Mapping[str, str],
        *,
        compiling: bool = False,
    ) -> World:
        """The world in which a module is solved, or in which its kernel modules are compiled.

        Sources that are compiled are in no layer, and Recommends are not followed for compiling.
        """
        barred = () if compiling else tuple(one.name for one in module.kernel_modules)
        return self.worlds.world(
            module.archives,
            installed,
            pins,
            barred=barred,
            recommends=module.recommends and not compiling,
        )

    def attempt(
        self, module: Module, installed: Sequence[Chosen], fixed: Mapping[str, str]
    ) -> Attempt:
        """Solve a module with these packages installed."""
        world = self.world(module, installed, fixed)
        requests = self.requests(module)
        open_ = [request for request in requests if not world.satisfied(request)]
        why = self._reasons(module, requests)
        return Attempt(
            module=module,
            world=world,
            installed=installed,
            fixed=fixed,
            requests=requests,
            solution=world.solve(open_, why=why, prefer=module.prefer),
        )

    def requests(self, module: Module) -> tuple[Request, ...]:
        """The requests of a module; one without requirements adds the packages of every root."""
        if module.requires:
            return module.requests
        named = {request.name for request in module.requests}
        base = [name for name in self.catalogue(module).base() if name not in named]
        return (*(Request(name=name) for name in base), *module.requests)

    def _reasons(self, module: Module, requests: Sequence[Request]) -> dict[str, str]:
        why = {request.name: f"requested by {module.name}" for request in requests}
        if not module.requires:
            why |= self.catalogue(module).base()
            why |= {request.name: f"requested by {module.name}" for request in module.requests}
        return why

    def pins(
        self, module: Module, slots: Sequence[Slot], *, builds: bool = False
    ) -> dict[str, str]:
        """The old lock's versions of modules that fit in one image with it; its own come first."""
        others = {other.name for other in self.modules if other.name not in module.excludes}
        pins: dict[str, str] = {}
        for own in (False, True):
            for slot in slots:
                old = slot.old
                names = {*old.modules, *(old.builds if builds else ())}
                wanted = {*module.stack} if own else others
                if slot.version and names & wanted and not (old.moving and not old.modules):
                    pins[old.package] = slot.version
        return pins


def _named_below(module: Module, modules: Sequence[Module]) -> bool:
    """Whether a module or one below it names an archive: then it is solved after all others.

    By then, the packages that the others take from the shared archives are chosen.
    """
    return any(other.archives for other in modules if other.name in module.stack)
