"""Solving module by module, each with the packages of its required modules as installed.

Packages that other modules of one image chose already have one version only. Modules that exclude
each other may have different versions.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from qlumod.errors import QlumodError, raise_faults
from qlumod.packaging.solving.compilations import Compilation, Compilations
from qlumod.packaging.solving.conflicts import check_apart
from qlumod.packaging.solving.kept_modules import KeptModules
from qlumod.packaging.solving.module_worlds import Attempt, ModuleWorlds
from qlumod.packaging.solving.moves import Moves
from qlumod.packaging.solving.no_solution import (
    Refusals,
    compiled_differently,
    compiled_twice,
    other_versions,
)
from qlumod.packaging.solving.package_entries import (
    PackageEntries,
    PackageEntry,
    Slot,
    versions_by_package,
)
from qlumod.packaging.solving.problem import Module, Problem
from qlumod.packaging.solving.solution import Chosen, PackageOffer
from qlumod.packaging.solving.world import Worlds


class Solver:
    """Solves one problem; `entries` is then the new lock."""

    def __init__(self, worlds: Worlds, problem: Problem) -> None:
        self.entries = PackageEntries()
        self._worlds = ModuleWorlds(worlds, problem.modules)
        self._refusals = Refusals(self._worlds, self.entries)
        self._slots = [Slot.of(old) for old in problem.old]

    def absent(self) -> tuple[int, ...]:
        """The positions of the old packages that no archive has in that version."""
        catalogue = self._worlds.everything
        return tuple(
            place
            for place, slot in enumerate(self._slots)
            if catalogue.look_up(slot.old.package, slot.version) is None
        )

    def offers(self, names: Iterable[str]) -> tuple[PackageOffer, ...]:
        """The versions of these packages in all archives."""
        return tuple(offer for name in names for offer in self._worlds.worlds.offers(name))

    def solve(self) -> None:
        """Fill `entries`; moves packages of the old lock and those that follow."""
        self._check_requests()
        if self._slots:
            Moves(self._worlds, self._slots).move_all()
        kept = KeptModules(worlds=self._worlds, slots=self._slots).find() if self._slots else {}
        for name, packages in kept.items():
            for chosen, reason in packages.values():
                self.entries.add(chosen, reason, module=name)
        for module in self._worlds.modules:
            if module.name not in kept:
                self._add(module)
        check_apart(self._worlds.modules, self.entries, self._worlds.everything)

    def _check_requests(self) -> None:
        faults: list[QlumodError] = []
        for module in self._worlds.modules:
            if module.kernel_modules and not self._worlds.worlds.compiling:
                faults.append(
                    QlumodError(
                        f"{module.path}: {module.name} has Kernel-Modules, which its flavor's kind"
                        " of packages does not bring as sources"
                    )
                )
            catalogue = self._worlds.catalogue(module)
            for request in (*module.requests, *module.kernel_modules, *module.build):
                try:
                    catalogue.candidate(request)
                except QlumodError as fault:
                    faults.append(fault)
        raise_faults(faults)

    def _add(self, module: Module) -> None:
        below = self.entries.of(module.requires)
        beside = self.entries.beside(module, self._worlds.modules)
        fixed = {**self._worlds.pins(module, self._slots), **versions_by_package(beside)}
        ground = [entry.chosen for entry in below.values()]
        for compilation in self._compilations(module, ground, fixed):
            raise_faults(compiled_twice(module, compilation.made, beside))
            stand_ins = (one.chosen for one in compilation.made)
            attempt = self._worlds.attempt(module, (*ground, *stand_ins), fixed)
            raise_faults(other_versions(module, attempt.world, beside, below))
            if not attempt.failed:
                break
        if attempt.failed:
            raise self._refusals.of(attempt)
        self._note(attempt, compilation, below)

    def _compilations(
        self, module: Module, ground: Sequence[Chosen], fixed: Mapping[str, str]
    ) -> Iterator[Compilation]:
        compiling = self._worlds.worlds.compiling
        if not module.kernel_modules or not compiling:
            return iter((Compilation(),))
        return Compilations(
            worlds=self._worlds,
            refusals=self._refusals,
            compiling=compiling,
            module=module,
            ground=ground,
        ).choices(fixed, self._slots)

    def _note(
        self, attempt: Attempt, compilation: Compilation, below: Mapping[str, PackageEntry]
    ) -> None:
        """Add the packages of a module, and those with which its kernel modules are compiled."""
        module = attempt.module
        for solution, names in (
            (attempt.solution, {"module": module.name}),
            (compilation.solution, {"build": module.name}),
        ):
            for chosen in solution.new:
                self.entries.add(chosen, solution.reasons[chosen.package], **names)
        for name in sorted(compilation.relied_on & below.keys()):
            below[name].builds.append(module.name)
        compiling = self._worlds.worlds.compiling
        if compiling:
            stack = (*attempt.installed, *attempt.solution.new)
            for made in compiling.settled(compilation.made, stack):
                if other := self.entries.add_made(made, module.name):
                    raise compiled_differently(module, made, other)
