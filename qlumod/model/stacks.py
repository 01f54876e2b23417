"""Which modules stand on which others, and which are never in one image."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from qlumod.model.names import ModuleName


class Related(Protocol):
    """What says of a module which others it requires, and which it excludes."""

    @property
    def module(self) -> ModuleName:
        """Its name."""

    @property
    def requires(self) -> tuple[ModuleName, ...]:
        """The modules that it stands on."""

    @property
    def conflicts(self) -> tuple[ModuleName, ...]:
        """The modules that cannot be in one image with it."""


def excluded(modules: Iterable[Related]) -> dict[ModuleName, frozenset[ModuleName]]:
    """The modules that each one cannot be in one image with: by itself, or by what it requires."""
    known = {one.module: one for one in modules}
    apart = {(one.module, other) for one in known.values() for other in one.conflicts}
    if not apart:
        return dict.fromkeys(known, frozenset())
    apart |= {(other, module) for module, other in apart}
    stacks = {name: stack_of(name, known) for name in known}
    return {
        module: frozenset(
            other
            for other in known
            if any((one, another) in apart for one in stacks[module] for another in stacks[other])
        )
        for module in known
    }


def stack_of(module: ModuleName, known: Mapping[ModuleName, Related]) -> frozenset[ModuleName]:
    """A module and all that it requires; what does not exist is found elsewhere."""
    found: set[ModuleName] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in known and name not in found:
            found.add(name)
            waiting.extend(known[name].requires)
    return frozenset(found)
