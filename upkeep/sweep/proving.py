"""Proving built modules: one stack of them and core, against one reference installation."""

from collections.abc import Mapping, Sequence

from upkeep.sweep.batching import Proof, traced
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
    unexplained = differences(found)
    lines = [told(one) for one in unexplained]
    more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return Proof(
        differences=(*lines[:SHOWN], *more),
        any_two=all(one.get("any_two", False) for one in unexplained),
        culprits=traced(
            ((one["path"], one["subject"]) for one in unexplained), place.owned(modules)
        ),
    )


def _refused(answer: Answer) -> Proof:
    return Proof(refused=answer.error, crashed=answer.crashed)
