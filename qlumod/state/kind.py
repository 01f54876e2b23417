"""What a kind of state is: files that packages share at run time, and one pure rule for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Protocol

from qlumod.model.names import ModuleName


@dataclass(frozen=True, slots=True, kw_only=True)
class StateFile:
    """One file of shared state, as it lies or is to be written."""

    data: bytes
    """The bytes of a regular file, or the target of a symbolic link."""
    mode: int = 0o644
    user: str = "root"
    group: str = "root"
    link: bool = False


Files = Mapping[str, StateFile]
"""Files by absolute canonical path."""

Fragments = Sequence[tuple[ModuleName, bytes]]
"""What each module of a stack added to one kind of state, lowest module first."""


class Kind(Protocol):
    """Shared state whose files are taken apart at the build and put together in a stack.

    `name` is the fragment's file name in a payload's ``state/`` directory.
    """

    @property
    def name(self) -> str:
        """One word, such as ``accounts``."""

    def claims(self, path: str) -> bool:
        """Whether the file at that absolute path belongs to this kind (never a whole directory)."""

    def capture(self, below: Files, above: Files) -> bytes:
        """What a build added: `below` are the claimed files before apt ran, `above` after it.

        Returns the fragment, a text; empty where nothing was added. Raises `QlumodError` where
        something was changed that a module must not change.
        """

    def merge(self, fragments: Fragments) -> Files:
        """The files of a stack; raises `QlumodError` naming path and modules on a conflict."""

    def canonical(self, files: Files) -> Mapping[str, bytes]:
        """A form of the files in which equal state has equal bytes (order of entries and so on)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """Paths that are never in a layer and never in a stack, and why."""

    name: str
    patterns: tuple[str, ...]
    """Absolute paths; ``*`` matches within one name only."""
    reason: str

    def claims(self, path: str) -> bool:
        """Whether the path is one of these."""
        return matches_any(path, self.patterns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """Files that a program makes from other files, wherever they came from.

    A cache stays in the layer that made it last, as long as all layers that make it stand upon each
    other (the upper one's was made from all the inputs). Where two modules that do not require
    each other made it, `command` makes it again in the stack. `always`: it is never taken from a
    layer and always made again (small caches).
    """

    name: str
    patterns: tuple[str, ...]
    """Absolute paths of its files; ``*`` matches within one name only."""
    command: tuple[str, ...]
    """Run in the stack's root."""
    always: bool = False

    def claims(self, path: str) -> bool:
        """Whether the path is a file of this cache."""
        return matches_any(path, self.patterns)


def matches_any(path: str, patterns: Sequence[str]) -> bool:
    """Whether an absolute path matches a pattern in which ``*`` stays within one name."""
    depth = path.count("/")
    return any(
        pattern.count("/") == depth
        and all(
            fnmatchcase(part, wanted)
            for part, wanted in zip(path.split("/"), pattern.split("/"), strict=True)
        )
        for pattern in patterns
    )
