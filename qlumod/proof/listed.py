"""What a proof compares entry by entry, and not by bytes."""

from qlumod.packaging.interfaces import Packaging
from qlumod.packaging.permits import ListedTree
from qlumod.proof.module_index import MODULE_INDEXES


def listed_trees(packaging: Packaging) -> tuple[ListedTree, ...]:
    """Shared state, what else the packages' kind has, and the indexes of kernel modules.

    Users and groups are not among them: `account_comparison` compares these by rules of its own.
    """
    return (*packaging.state.others, *packaging.permits.lists, MODULE_INDEXES)
