"""The old lock's packages that move: those that the user named, and those that follow."""

from collections.abc import Iterator, Mapping, Sequence

from qlumod.errors import QlumodError
from qlumod.packaging.solving.module_worlds import ModuleWorlds
from qlumod.packaging.solving.package_entries import Slot
from qlumod.packaging.solving.problem import Module, Request
from qlumod.packaging.solving.solution import Chosen
from qlumod.packaging.solving.world import Made

ROUNDS = 20
"""The rounds in which moved packages may move others before it is reported as an internal error."""


class Moves:
    """Moves the old lock's packages."""

    def __init__(self, worlds: ModuleWorlds, slots: Sequence[Slot]) -> None:
        self._worlds = worlds
        self._slots = slots

    def move_all(self) -> None:
        """Move the named packages, and all that follow."""
        for _ in range(ROUNDS):
            before = [slot.version for slot in self._slots]
            for module in self._worlds.modules:
                self._move(module)
            if [slot.version for slot in self._slots] == before:
                return
        raise QlumodError(
            "the packages that move never come to rest", remedy="qlumod lock --update"
        )

    def _move(self, module: Module) -> None:
        """Move the packages that a module's stack requires, with the old lock's installed."""
        stack = {
            slot.old.package: slot for slot in self._slots if {*slot.old.modules} & {*module.stack}
        }
        demands = self._demands(module, stack)
        if not demands and all(slot.version for slot in stack.values()):
            return
        held = (self._held(module, slot) for _, slot in sorted(stack.items()))
        installed = tuple(filter(None, held))
        pins = {
            name: version
            for name, version in self._worlds.pins(module, self._slots).items()
            if name not in stack
        }
        sources = {slot.old.package: slot for slot in self._slots if module.name in slot.old.builds}
        # If the moved packages need other kernel modules, the sources of those move, too.
        for stay in (True, False):
            made = tuple(self._stand_ins(module, sources if stay else {}))
            world = self._worlds.world(module, (*installed, *(one.chosen for one in made)), pins)
            solution = world.solve(demands, why={}, prefer=module.prefer)
            if not made or not solution.unmet:
                break
        for one in made:
            if one.how.sources in sources:
                sources[one.how.sources].version = one.how.sources_version
        for change in solution.changes:
            if change.new and change.package in stack:
                stack[change.package].version = change.new

    def _stand_ins(self, module: Module, held: Mapping[str, Slot]) -> Iterator[Made]:
        """A module's kernel modules as its userland sees them, whatever the kernel is."""
        compiling = self._worlds.worlds.compiling
        if compiling is None:
            return
        catalogue = self._worlds.catalogue(module)
        for request in module.kernel_modules:
            slot = held.get(request.name)
            version = slot.version if slot and not slot.old.moving else ""
            if not self._worlds.worlds.allows(request, version):
                version = catalogue.candidate(request)
            chosen = self._worlds.everything.look_up(request.name, version) or catalogue.look_up(
                request.name, catalogue.candidate(request)
            )
            if chosen:
                yield compiling.made_of(chosen, None)

    def _demands(self, module: Module, stack: Mapping[str, Slot]) -> list[Request]:
        """The requests that the old lock's packages do not satisfy, and those that move."""
        requests = {request.name: request for request in self._worlds.requests(module)}
        versions = {name: slot.version for name, slot in stack.items()}
        allows = self._worlds.worlds.allows
        return [
            request
            for request in requests.values()
            if request.name not in stack or not allows(request, versions.get(request.name, ""))
        ] + [
            request
            for slot in stack.values()
            if slot.old.moving
            and slot.version
            != self._worlds.catalogue(module).candidate(
                request := _for_newest(module, requests, slot)
            )
        ]

    def _held(self, module: Module, slot: Slot) -> Chosen | None:
        everything = self._worlds.everything
        if slot.version:
            return everything.look_up(slot.old.package, slot.version)
        newest = self._worlds.catalogue(module).versions(slot.old.package)
        return everything.look_up(slot.old.package, newest[0] if newest else "")


def _for_newest(module: Module, requests: Mapping[str, Request], slot: Slot) -> Request:
    """A request for a package's newest version; from a named archive only if it came from one."""
    anywhere = slot.old.archive not in module.archives
    return requests.get(slot.old.package, Request(name=slot.old.package, anywhere=anywhere))
