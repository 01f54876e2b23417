"""The modules of the old lock that are not solved again, since nothing about them has changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from qlumod.packaging.solving.module_worlds import ModuleWorlds
from qlumod.packaging.solving.package_entries import Slot
from qlumod.packaging.solving.problem import Module
from qlumod.packaging.solving.solution import Chosen

_VERBS = (" depends on it", " recommends it")
_REQUESTED = "requested by "

Packages = Mapping[str, tuple[Chosen, str]]
"""The packages of a module's layer by name, each with the reason in the old lock."""


@dataclass(frozen=True, kw_only=True)
class KeptModules:
    """Which modules keep the packages of the old lock.

    A module is kept if its spec and those of the modules below are those of the old lock, none of
    its packages moves or is gone, all of them together satisfy their dependencies and the requests,
    and nothing but modules of the old lock is the reason of one.
    """

    worlds: ModuleWorlds
    slots: Sequence[Slot]

    def find(self) -> dict[str, Packages]:
        """The packages of each module that is kept."""
        own = self._slots_by_module()
        said = {module.name for module in self.worlds.modules if module.unchanged}
        names = {slot.old.package for name in said for slot in own.get(name, ())}
        found: dict[str, Packages] = {}
        versions: dict[str, dict[str, str]] = {}
        for module in self.worlds.modules:
            slots = own.get(module.name, ())
            if (
                module.name not in said
                or module.kernel_modules
                or any(name not in found for name in module.requires)
                or any(_moves(slot) or not _holds(slot.old.reason, said, names) for slot in slots)
            ):
                continue
            packages = dict(self._packages(module, slots))
            below = {n: v for name in module.requires for n, v in versions[name].items()}
            there = {**below, **{name: one.version for name, (one, _) in packages.items()}}
            if len(packages) == len(slots) and self._stands(module, packages, there):
                found[module.name] = packages
                versions[module.name] = there
        return found

    def _slots_by_module(self) -> dict[str, list[Slot]]:
        own: dict[str, list[Slot]] = {}
        for slot in self.slots:
            for name in slot.old.modules:
                own.setdefault(name, []).append(slot)
        return own

    def _packages(
        self, module: Module, slots: Sequence[Slot]
    ) -> Iterator[tuple[str, tuple[Chosen, str]]]:
        for slot in slots:
            name, version = slot.old.package, slot.version
            chosen = self.worlds.catalogue(module).look_up(
                name, version
            ) or self.worlds.everything.look_up(name, version)
            if chosen:
                yield name, (chosen, slot.old.reason)

    def _stands(self, module: Module, packages: Packages, there: Mapping[str, str]) -> bool:
        """Whether the packages satisfy the requests and each other, with those below."""
        allows, everything = self.worlds.worlds.allows, self.worlds.everything
        return all(
            allows(request, there.get(request.name, "")) for request in self.worlds.requests(module)
        ) and all(everything.stands(one, there) for one, _ in packages.values())


def _moves(slot: Slot) -> bool:
    return slot.old.moving or not slot.version or slot.version != slot.old.version


def _holds(reason: str, modules: set[str], packages: set[str]) -> bool:
    """Whether a reason is about modules and packages that have not changed."""
    if reason.startswith(_REQUESTED):
        return reason.removeprefix(_REQUESTED) in modules
    subject = next((reason.removesuffix(verb) for verb in _VERBS if reason.endswith(verb)), "")
    # "an installed package depends on it": no package has a blank in its name.
    return not subject or " " in subject or subject in packages
