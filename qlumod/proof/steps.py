"""Whether an installation in two steps is the one at once: what makes a pair's proof shorter.

The argument stands in docs/proof.md.
"""

from collections.abc import Sequence

from qlumod.model.difference import Aspect, Difference
from qlumod.packaging.interfaces import Packaging
from qlumod.proof.compare import compare
from qlumod.proof.listed import listed_trees
from qlumod.proof.scanned_tree import ScannedTree
from qlumod.state.kind import Dropped, matches_any
from qlumod.state.state_table import StateTable

_OF_THE_ORDER = (Aspect.ID, Aspect.ORDER)
"""Who came first has the lower number, or the earlier line: a verdict goes by names and entries."""


def otherwise(
    at_once: ScannedTree,
    in_steps: ScannedTree,
    *,
    secrets: Sequence[str],
    packaging: Packaging,
) -> tuple[Difference, ...]:
    """The differences of two references that could lead to two verdicts; pure."""
    return tuple(
        difference
        for difference in compare(at_once, in_steps, listed_trees(packaging))
        if difference.aspect not in _OF_THE_ORDER
        if not any(rule.claims(difference.path) for rule in never_in_a_stack(packaging.state))
        if difference.aspect != Aspect.CONTENT or not matches_any(difference.path, secrets)
    )


def never_in_a_stack(table: StateTable) -> tuple[Dropped, ...]:
    """What a verdict only asks the absence of, whatever its bytes.

    Kernel and initrd are compared.
    """
    return tuple(rule for rule in table.dropped if rule.name != "boot")
