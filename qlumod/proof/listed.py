"""What a proof compares entry by entry, and not by bytes."""

from qlumod.packaging.interfaces import Packaging
from qlumod.packaging.permits import ListedTree
from qlumod.proof.module_index import MODULE_INDEXES
from qlumod.state.kinds import KINDS


def listed_trees(packaging: Packaging) -> tuple[ListedTree, ...]:
    """Shared state, what else the packages' kind has, and the indexes of kernel modules."""
    return (*KINDS, *packaging.permits.lists, MODULE_INDEXES)
