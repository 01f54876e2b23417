"""The changes between two versions of a module: pure, sorted, and bounded in size."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from qlumod.model.contents import PackageLine, PathLine, escaped

MOST = 200
"""The most changes that a changelog entry names; the others are only counted."""

_TYPES = {
    "f": "file", "d": "directory", "l": "link", "h": "hard link", "c": "character device",
    "b": "block device", "p": "fifo", "w": "whiteout",
}  # fmt: skip
_LINKS = "lh"


class ChangeKind(StrEnum):
    """The kind of a package's or path's change; in the order in which they are counted."""

    ADDED = "added"
    REMOVED = "removed"
    UPGRADED = "upgraded"
    DOWNGRADED = "downgraded"
    REBUILT = "built again"
    CHANGED = "changed"


class ContentChange(Protocol):
    """A change of something; its text is one line of a changelog."""

    @property
    def kind(self) -> ChangeKind: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageChange:
    """A package that was added (`old` is None), removed (`new` is None), or has other bytes."""

    package: str
    old: PackageLine | None
    new: PackageLine | None

    @property
    def kind(self) -> ChangeKind:
        if self.old is None:
            return ChangeKind.ADDED
        if self.new is None:
            return ChangeKind.REMOVED
        if self.old.version == self.new.version:
            return ChangeKind.REBUILT
        # It imports libapt, which a head node need not have for anything else.
        from debian.debian_support import NativeVersion  # noqa: PLC0415

        older = NativeVersion(self.new.version) < NativeVersion(self.old.version)
        return ChangeKind.DOWNGRADED if older else ChangeKind.UPGRADED

    def __str__(self) -> str:
        if self.old is None or self.new is None:
            line = self.old or self.new
            return f"{self.kind} {self.package} {line.version if line else ''}"
        if self.kind is ChangeKind.REBUILT:
            return f"{self.package} {self.new.version} was built again"
        return f"{self.package} {self.old.version} → {self.new.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PathChange:
    """A path that was added (`old` is None), removed (`new` is None), or changed."""

    path: str
    old: PathLine | None
    new: PathLine | None

    @property
    def kind(self) -> ChangeKind:
        if self.old is None:
            return ChangeKind.ADDED
        return ChangeKind.REMOVED if self.new is None else ChangeKind.CHANGED

    def __str__(self) -> str:
        line = self.new or self.old
        assert line is not None  # one of them is set
        if self.old is None or self.new is None:
            return f"{self.kind} {_TYPES[line.type]} {escaped(self.path)} ({line.origin})"
        aspects = ", ".join(_aspects(self.old, self.new))
        return f"{self.kind} {escaped(self.path)} ({line.origin}): {aspects}"


def package_changes(
    old: Iterable[PackageLine], new: Iterable[PackageLine]
) -> tuple[PackageChange, ...]:
    """The packages that differ between two versions, sorted by name.

    The same version with another digest is a change, too: other bytes are in the layer.
    """
    before = {(line.package, line.architecture): line for line in old}
    after = {(line.package, line.architecture): line for line in new}
    return tuple(
        PackageChange(package=key[0], old=before.get(key), new=after.get(key))
        for key in sorted({*before, *after})
        if _bytes(before.get(key)) != _bytes(after.get(key))
    )


def path_changes(old: Iterable[PathLine], new: Iterable[PathLine]) -> tuple[PathChange, ...]:
    """The paths that differ between two versions, sorted."""
    before = {line.path: line for line in old}
    after = {line.path: line for line in new}
    return tuple(
        PathChange(path=path, old=before.get(path), new=after.get(path))
        for path in sorted({*before, *after})
        if before.get(path) != after.get(path)
    )


def counts(changes: Iterable[ContentChange], noun: str = "") -> str:
    """Count changes by kind: ``1 package added, 3 upgraded``; the noun occurs once."""
    found = Counter(change.kind for change in changes)
    parts = [(found[kind], kind) for kind in ChangeKind if found[kind]]
    first = f"{counted(parts[0][0], noun) if noun else parts[0][0]} {parts[0][1]}" if parts else ""
    return ", ".join((first, *(f"{number} {kind}" for number, kind in parts[1:])))


def bounded(changes: Sequence[ContentChange], most: int = MOST) -> tuple[str, ...]:
    """A line for each of the first changes, and the number of all others."""
    lines = tuple(str(change) for change in changes[:most])
    rest = changes[most:]
    return (*lines, f"and {len(rest)} more: {counts(rest)}") if rest else lines


def counted(number: int, noun: str) -> str:
    """Format a number of things: ``1 package``, ``3 packages``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _bytes(line: PackageLine | None) -> tuple[str, str] | None:
    return (line.version, line.sha256) if line else None


def _aspects(old: PathLine, new: PathLine) -> Iterator[str]:
    """The differences between two lines of one path, each in a few words."""
    if old.type != new.type:
        yield f"type {_TYPES[old.type]} → {_TYPES[new.type]}"
    elif old.digest != new.digest and new.type in _LINKS:
        yield f"target {escaped(old.digest)} → {escaped(new.digest)}"
    elif (old.digest, old.size) != (new.digest, new.size):
        yield "content"
    if old.mode != new.mode:
        yield f"mode {old.mode:04o} → {new.mode:04o}"
    if old.owner != new.owner:
        yield f"owner {old.owner} → {new.owner}"
    if old.origin != new.origin:
        yield f"package {old.origin} → {new.origin}"
