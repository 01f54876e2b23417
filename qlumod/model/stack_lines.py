"""All paths of a stack of layers, and how those of two stacks differ; pure.

A stack has up to 300,000 paths. Lines are compared as bytes, and only those that differ are parsed.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from qlumod.model.content_changes import PathChange
from qlumod.model.contents import PathLine, parse_contents, unescaped

_DIRECTORY = b"d\t"
StackLines = Mapping[bytes, bytes]
"""The line of each path, both as a contents file has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackChanges:
    """All paths that differ, by their names as contents files have them, sorted."""

    old: StackLines
    new: StackLines
    added: Sequence[bytes]
    removed: Sequence[bytes]
    changed: Sequence[bytes]

    @property
    def count(self) -> int:
        """The number of paths that differ."""
        return len(self.added) + len(self.removed) + len(self.changed)

    def listed(self, limit: int | None) -> tuple[PathChange, ...]:
        """The first `limit` changes by path; None: all."""
        some = sorted((*self.added[:limit], *self.removed[:limit], *self.changed[:limit]))[:limit]
        return tuple(
            PathChange(
                path=unescaped(path.decode("utf-8", "replace")),
                old=_parsed(self.old.get(path)),
                new=_parsed(self.new.get(path)),
            )
            for path in some
        )

    def packages(self) -> frozenset[str]:
        """The packages that own a file that has changed."""
        lines = (self.new[path] for path in self.changed)
        origins = {line.split(b"\t", 6)[5] for line in lines if not line.startswith(_DIRECTORY)}
        return frozenset(
            origin.decode("utf-8", "replace") for origin in origins if not origin.startswith(b"<")
        )


def stacked_lines(layers: Iterable[bytes]) -> StackLines:
    """The lines of a stack, from the contents of its layers, lowest first."""
    found: dict[bytes, bytes] = {}
    for layer in layers:
        lines = layer.split(b"\n")
        hidden = [line.rpartition(b"\t")[2] for line in lines if line.startswith(b"w\t")]
        if hidden:
            _hide(found, hidden)
        found.update(
            (line.rpartition(b"\t")[2], line)
            for line in lines
            if line and not line.startswith(b"w\t")
        )
    return found


def stack_changes(old: StackLines, new: StackLines) -> StackChanges:
    """The paths that differ."""
    return StackChanges(
        old=old,
        new=new,
        added=sorted(new.keys() - old.keys()),
        removed=sorted(old.keys() - new.keys()),
        changed=sorted(
            path
            for path, line in new.items()
            if old.get(path, line) != line and _differ(old[path], line)
        ),
    )


def _differ(old: bytes, new: bytes) -> bool:
    """Whether different lines of a path matter. A directory may belong to any of its packages."""
    if old.startswith(_DIRECTORY) and new.startswith(_DIRECTORY):
        return old.split(b"\t", 3)[:3] != new.split(b"\t", 3)[:3]
    return True


def _hide(found: dict[bytes, bytes], hidden: Sequence[bytes]) -> None:
    """Take out paths and all that lies below them."""
    paths = sorted(found)
    for top in hidden:
        found.pop(top, None)
        below = top + b"/"
        for place in range(bisect_left(paths, below), len(paths)):
            if not paths[place].startswith(below):
                break
            found.pop(paths[place], None)


def _parsed(line: bytes | None) -> PathLine | None:
    if line is None:
        return None
    return parse_contents(line.decode("utf-8", "replace") + "\n", "contents")[0]
