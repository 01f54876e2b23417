"""The relations of modules: requirements, build order, and mutual exclusion."""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Protocol, TypeVar

from qlumod.errors import QlumodError
from qlumod.model.names import ModuleName


class Related(Protocol):
    """A module with the modules that it requires and excludes."""

    @property
    def module(self) -> ModuleName: ...

    @property
    def requires(self) -> tuple[ModuleName, ...]:
        """The modules that it requires."""

    @property
    def conflicts(self) -> tuple[ModuleName, ...]:
        """The modules that cannot be in one image with it."""


R = TypeVar("R", bound=Related)


class Circle(QlumodError):
    """Modules that require each other."""

    def __init__(self, way: tuple[ModuleName, ...]) -> None:
        super().__init__(
            f"modules require each other in a circle: {' → '.join(way)}",
            remedy="take one of these requirements out",
        )
        self.way = way
        """The path from the first module by name through the requirements, back to itself."""


def in_order(modules: Iterable[R]) -> tuple[R, ...]:
    """Sort modules so that each comes after all that it requires, otherwise by name.

    Raises `Circle` if there is no such order. `gaps` finds modules that do not exist.
    """
    known = {one.module: one for one in modules}
    sorter = TopologicalSorter(
        {name: sorted(known.keys() & set(known[name].requires)) for name in sorted(known)}
    )
    try:
        sorter.prepare()
    except CycleError as fault:
        raise Circle(_from_the_first(fault.args[1])) from None
    ready: list[ModuleName] = []
    order: list[R] = []
    while sorter.is_active():
        for name in sorter.get_ready():
            heapq.heappush(ready, name)
        lowest = heapq.heappop(ready)
        order.append(known[lowest])
        sorter.done(lowest)
    return tuple(order)


def _from_the_first(cycle: list[ModuleName]) -> tuple[ModuleName, ...]:
    """A cycle of graphlib (each is required by the next) in the order of `Circle.way`."""
    way = cycle[:0:-1]
    start = way.index(min(way))
    return (*way[start:], *way[:start], way[start])


def gaps(modules: Iterable[R]) -> Iterator[tuple[R, ModuleName]]:
    """Pairs of a module and a module that it requires but that is not among them."""
    all_of_them = tuple(modules)
    there = {one.module for one in all_of_them}
    for one in all_of_them:
        yield from ((one, required) for required in one.requires if required not in there)


def excluded(modules: Iterable[Related]) -> dict[ModuleName, frozenset[ModuleName]]:
    """The modules that each module excludes: by itself, or through modules that it requires."""
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
    """A module and all that it requires; modules that do not exist are ignored here."""
    found: set[ModuleName] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in known and name not in found:
            found.add(name)
            waiting.extend(known[name].requires)
    return frozenset(found)
