"""Whether an installation in two steps is the one at once: what makes a pair's proof shorter.

The argument stands in docs/proof.md.
"""

from collections.abc import Sequence

from qlumod.model.difference import Aspect, Difference
from qlumod.packaging.interfaces import Packaging
from qlumod.proof.compare import compare
from qlumod.proof.listed import listed_trees
from qlumod.proof.scanned_tree import ScannedTree
from qlumod.state.dropped import DROPPED
from qlumod.state.kind import matches_any

NEVER_IN_A_STACK = tuple(rule for rule in DROPPED if rule.name != "boot")
"""What a verdict only asks the absence of, whatever its bytes; kernel and initrd are compared."""
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
        if not any(rule.claims(difference.path) for rule in NEVER_IN_A_STACK)
        if difference.aspect != Aspect.CONTENT or not matches_any(difference.path, secrets)
    )
