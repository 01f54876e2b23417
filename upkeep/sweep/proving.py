"""Proving built modules: one stack of them and core, against one reference installation."""

from collections.abc import Mapping, Sequence
from typing import Any

from upkeep.sweep.batching import Owned, Proof, owners
from upkeep.sweep.outcomes import Answer, differences, told
from upkeep.sweep.place import SweepPlace

SHOWN = 12
"""How many differences of one proof are kept."""


def prove(
    place: SweepPlace, specs: Mapping[str, str], accounts: str, modules: Sequence[str]
) -> Proof:
    """Lock the modules together, and compare their stack with an installation."""
    directory = place.make_specs("batch", accounts, {name: specs[name] for name in modules})
    locked = place.run(directory, "lock")
    if locked.error:
        return _refused(locked)
    found = place.run(directory, "verify-stack", "core", *modules)
    if found.error:
        return _refused(found)
    return compared(differences(found), place.owned(modules))


def compared(unexplained: Sequence[Mapping[str, Any]], owned: Mapping[str, Owned]) -> Proof:
    """The proof of a stack with these differences; `owned` has its modules; pure."""
    lines = [told(one) for one in unexplained]
    more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    whose = [(one, owners(one["path"], one["subject"], owned)) for one in unexplained]
    unalike = [(one["path"], modules) for one, modules in whose if one.get("any_two", False)]
    return Proof(
        differences=(*lines[:SHOWN], *more),
        culprits=frozenset().union(*(modules for _, modules in whose)),
        traced=all(modules for _, modules in whose),
        any_two=len(unalike) == len(lines) > 0,
        unalike={
            module: paths
            for module in owned
            if (paths := tuple(sorted({path for path, modules in unalike if module in modules})))
        },
    )


def _refused(answer: Answer) -> Proof:
    return Proof(refused=answer.error, crashed=answer.crashed)
