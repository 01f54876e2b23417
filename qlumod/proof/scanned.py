"""Scanning a root into the tree that is compared."""

from collections.abc import Sequence

from qlumod.model.tree import TreeEntry
from qlumod.packaging.interfaces import Packaging
from qlumod.packaging.permits import ListedTree
from qlumod.proof.account_comparison import is_account_file
from qlumod.proof.listed import listed_trees
from qlumod.proof.scanned_tree import ScannedTree
from qlumod.system.disk.tree_scan import scan
from qlumod.system.disk.within import Root


def scanned(root: Root, packaging: Packaging) -> ScannedTree:
    """Scan a root, with the bytes of the files that are compared by entry."""
    entries, listed = scan(root.place), looked_into(packaging)
    return ScannedTree(
        entries=entries,
        data={
            path: root.read(path)
            for path, entry in entries.items()
            if is_looked_into(entry, listed)
        },
    )


def looked_into(packaging: Packaging) -> tuple[ListedTree, ...]:
    """The kinds of files whose bytes the comparison needs."""
    return (packaging.state.names, *listed_trees(packaging))


def is_looked_into(entry: TreeEntry, listed: Sequence[ListedTree]) -> bool:
    """Whether the comparison needs the file's bytes; `listed` are those kinds (`looked_into`)."""
    return entry.type == "f" and (
        is_account_file(entry.path) or any(one.claims(entry.path) for one in listed)
    )
