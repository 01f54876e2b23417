"""Paths that modules list under Secrets and that a program creates while a stack is assembled."""

from collections.abc import Iterable, Sequence

from qlumod.model.tree import TreeEntry
from qlumod.stack.mounted import Mounted
from qlumod.stack.payload import Payload
from qlumod.state.kind import any_of, canonical_path
from qlumod.system.disk.tree_scan import scan
from qlumod.system.disk.within import Root


def is_declared(entries: Iterable[TreeEntry], members: Sequence[Payload]) -> frozenset[str]:
    """The paths among these that a member lists under Secrets; never a directory; pure."""
    secrets = any_of(
        canonical_path(secret.path) for member in members for secret in member.manifest.secrets
    )
    return frozenset(e.path for e in entries if e.type != "d" and secrets.fullmatch(e.path))


def forget_declared(stack: Mounted, members: Sequence[Payload]) -> dict[str, bytes]:
    """Remove declared secrets from a stack that was just assembled; returns the bytes of files.

    The script of a package creates a missing key whenever it runs. Neither the last layer nor an
    initrd may contain such a key. Files of the layers stay unchanged: they are public, and a
    whiteout in their place would make a different stack.
    """
    entries = scan(stack.upper, digests=False)
    below = [Root(layer) for layer in stack.layers]
    made = sorted(
        path
        for path in is_declared(entries.values(), members)
        if not any(layer.has(path) for layer in below)
    )
    data = {path: Root(stack.upper).read(path) for path in made if entries[path].type == "f"}
    for path in made:
        stack.root.remove(path)
    return data
