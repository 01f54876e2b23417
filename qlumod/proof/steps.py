"""Whether an installation in two steps equals the one at once, which shortens a pair's proof.

See docs/proof.md for the argument.
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
"""They depend on the order of installation; a verdict depends on names and entries instead."""


def otherwise(
    at_once: ScannedTree,
    in_steps: ScannedTree,
    *,
    secrets: Sequence[str],
    packaging: Packaging,
) -> tuple[Difference, ...]:
    """The differences between two references that could lead to different verdicts; pure."""
    return tuple(
        difference
        for difference in compare(at_once, in_steps, listed_trees(packaging))
        if difference.aspect not in _OF_THE_ORDER
        if not any(rule.claims(difference.path) for rule in never_in_a_stack(packaging.state))
        if difference.aspect != Aspect.CONTENT or not matches_any(difference.path, secrets)
    )


def never_in_a_stack(table: StateTable) -> tuple[Dropped, ...]:
    """The rules for paths that a stack must not have: a verdict ignores their content.

    Without the rule for kernel and initrd, which are compared.
    """
    return tuple(rule for rule in table.dropped if rule.name != "boot")
