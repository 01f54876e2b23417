"""Scanning a root into the tree that the comparison sees."""

from qlumod.model.tree import TreeEntry
from qlumod.proof.account_comparison import is_account_file
from qlumod.proof.checksums import CHECKSUMS
from qlumod.proof.compare import ListedTree
from qlumod.proof.module_index import MODULE_INDEXES
from qlumod.proof.scanned_tree import ScannedTree
from qlumod.state.state_table import StateTable
from qlumod.system.disk.tree_scan import scan
from qlumod.system.disk.within import Root


def scanned(root: Root, table: StateTable) -> ScannedTree:
    """Scan a root, with the bytes of the files that rules of state look into."""
    entries = scan(root.place)
    return ScannedTree(
        entries=entries,
        data={
            path: root.read(path) for path, entry in entries.items() if is_looked_into(entry, table)
        },
    )


def is_looked_into(entry: TreeEntry, table: StateTable) -> bool:
    """Whether the comparison needs the file's bytes."""
    listed: tuple[ListedTree, ...] = (*table.kinds, CHECKSUMS, MODULE_INDEXES)
    return entry.type == "f" and (
        is_account_file(entry.path) or any(one.claims(entry.path) for one in listed)
    )
