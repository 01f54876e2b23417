"""The files that a proof compares entry by entry instead of byte by byte."""

from qlumod.packaging.interfaces import Packaging
from qlumod.packaging.permits import ListedTree
from qlumod.proof.module_index import MODULE_INDEXES


def listed_trees(packaging: Packaging) -> tuple[ListedTree, ...]:
    """Shared state, further kinds of the packaging, and the indexes of kernel modules.

    Users and groups are left out: `account_comparison` compares them by separate rules.
    """
    return (*packaging.state.others, *packaging.permits.lists, MODULE_INDEXES)
