"""The lines of a layer's contents: each path with its attributes; pure."""

from collections.abc import Callable, Iterable, Iterator

from qlumod.model.contents import PathLine
from qlumod.model.tree import TreeEntry

Origin = Callable[[str], str]
"""Returns the package or ``<generator>`` of a path."""
OwnerNames = Callable[[TreeEntry], str]
"""Returns ``user:group`` of an entry."""


def path_lines(
    entries: Iterable[TreeEntry], *, origin: Origin, owner: OwnerNames
) -> tuple[PathLine, ...]:
    """A line for each path of a layer except ``/``; `entries` are sorted by path."""
    return tuple(_lines(entries, origin, owner))


def _lines(entries: Iterable[TreeEntry], origin: Origin, owner: OwnerNames) -> Iterator[PathLine]:
    first: dict[tuple[int, int], str] = {}
    for entry in entries:
        if entry.path == "/":
            continue
        earlier = first.setdefault(entry.inode, entry.path) if entry.type == "f" else entry.path
        linked = earlier != entry.path
        yield PathLine(
            type="h" if linked else "w" if entry.whiteout else entry.type,
            mode=entry.mode,
            owner=owner(entry),
            size=entry.size,
            digest=earlier if linked else _digest(entry),
            origin=origin(entry.path),
            path=entry.path,
        )


def _digest(entry: TreeEntry) -> str:
    if entry.type == "l":
        return entry.target
    return entry.digest or "-"
