"""Scanning a root into the tree that the comparison sees."""

from qlumod.model.tree import TreeEntry
from qlumod.proof.account_comparison import is_account_file
from qlumod.proof.checksums import CHECKSUMS
from qlumod.proof.compare import ListedTree
from qlumod.proof.module_index import MODULE_INDEXES
from qlumod.proof.scanned_tree import ScannedTree
from qlumod.state.kinds import KINDS
from qlumod.system.disk.tree_scan import scan
from qlumod.system.disk.within import Root

_LISTED: tuple[ListedTree, ...] = (*KINDS, CHECKSUMS, MODULE_INDEXES)


def scanned(root: Root) -> ScannedTree:
    """Scan a root, with the bytes of the files that rules of state look into."""
    entries = scan(root.place)
    return ScannedTree(
        entries=entries,
        data={path: root.read(path) for path, entry in entries.items() if is_looked_into(entry)},
    )


def is_looked_into(entry: TreeEntry) -> bool:
    """Whether the comparison needs the file's bytes."""
    return entry.type == "f" and (
        is_account_file(entry.path) or any(listed.claims(entry.path) for listed in _LISTED)
    )
