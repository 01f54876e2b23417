"""The stacks in a proof of all modules: every pair, and the largest sets; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from qlumod.errors import QlumodError, raise_faults
from qlumod.model.names import ModuleName
from qlumod.model.spec import ModuleSpec, with_requirements
from qlumod.model.stacks import excluded, stack_of

ProofStack = tuple[ModuleName, ...]
"""Modules with all their requirements, in build order."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ModulePair:
    """Two modules that may be in one image, and their stack."""

    one: ModuleName
    other: ModuleName
    stack: ProofStack


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Apart:
    """Two modules that cannot be in one image, and the reason."""

    one: ModuleName
    other: ModuleName
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """The stacks to prove; all sorted, `singles` and `largest` in build order."""

    singles: tuple[ProofStack, ...]
    """Each module with its requirements."""
    largest: tuple[ProofStack, ...]
    """Maximal compatible sets: the largest one first, then more until they cover each compatible
    pair."""
    pairs: tuple[ModulePair, ...]
    apart: tuple[Apart, ...]


def require_one_stack(specs: Sequence[ModuleSpec]) -> None:
    """Raise if two of these modules conflict."""
    names = {spec.module for spec in specs}
    raise_faults(
        QlumodError(
            f"modules {spec.module} and {other} exclude each other: no stack has both",
            remedy="name the modules of one stack",
        )
        for spec in specs
        for other in sorted(names.intersection(spec.conflicts))
    )


def design(specs: Sequence[ModuleSpec]) -> Design:
    """The design of a proof of these modules; `specs` are in build order, and complete."""
    known = {spec.module: spec for spec in specs}
    enemies = excluded(specs)
    pairs = [
        ModulePair(one=one, other=other, stack=_stack((one, other), specs))
        for one, other in combinations(sorted(known), 2)
        if other not in enemies[one]
    ]
    return Design(
        singles=tuple(_stack((module,), specs) for module in known),
        largest=tuple(_stack(sorted(found), specs) for found in _covering(enemies)),
        pairs=tuple(pairs),
        apart=tuple(
            Apart(one=one, other=other, why=_why(one, other, known))
            for one, other in combinations(sorted(known), 2)
            if other in enemies[one]
        ),
    )


def _stack(modules: Sequence[ModuleName], specs: Sequence[ModuleSpec]) -> ProofStack:
    return tuple(spec.module for spec in with_requirements(modules, specs))


def _why(one: ModuleName, other: ModuleName, known: Mapping[ModuleName, ModuleSpec]) -> str:
    """The conflict between two modules or their requirements, and the spec that declares it."""
    lower, another = next(
        (lower, another)
        for lower in sorted(stack_of(one, known))
        for another in sorted(stack_of(other, known))
        if another in known[lower].conflicts or lower in known[another].conflicts
    )
    if known[lower].variant_of and known[lower].variant_of == known[another].variant_of:
        return f"{lower} and {another} are variants of {known[lower].variant_of}"
    if another in known[lower].conflicts:
        return f"{lower} names {another} under Conflicts"
    return f"{another} names {lower} under Conflicts"


def _covering(
    enemies: Mapping[ModuleName, frozenset[ModuleName]],
) -> Iterator[frozenset[ModuleName]]:
    """Maximal sets that cover each compatible pair; the largest set comes first."""
    friends = {
        one: frozenset(other for other in enemies if other != one and other not in enemies[one])
        for one in enemies
    }
    found = sorted(_maximal(friends, frozenset(), frozenset(friends), frozenset()), key=sorted)
    uncovered = {frozenset(p) for p in combinations(sorted(enemies), 2) if p[1] in friends[p[0]]}
    best = max(found, key=len, default=frozenset())
    while best:
        yield best
        uncovered -= set(map(frozenset, combinations(best, 2)))
        best = max(found, key=lambda one: _counted(one, uncovered), default=frozenset())
        if not _counted(best, uncovered):
            return


def _counted(modules: frozenset[ModuleName], uncovered: set[frozenset[ModuleName]]) -> int:
    return sum(pair <= modules for pair in uncovered)


def _maximal(
    friends: Mapping[ModuleName, frozenset[ModuleName]],
    chosen: frozenset[ModuleName],
    candidates: frozenset[ModuleName],
    done: frozenset[ModuleName],
) -> Iterator[frozenset[ModuleName]]:
    """All maximal sets of mutual friends (Bron and Kerbosch, with a pivot)."""
    if not candidates and not done:
        yield chosen
        return
    pivot = max(sorted(candidates | done), key=lambda one: len(friends[one] & candidates))
    for one in sorted(candidates - friends[pivot]):
        yield from _maximal(friends, chosen | {one}, candidates & friends[one], done & friends[one])
        candidates -= {one}
        done |= {one}
