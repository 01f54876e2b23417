"""The permitted differences between one installation and a stack of the same packages.

`Permission` is one kind of such differences. Those of every distribution are defined in the proof;
here is the interface for a packaging's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from qlumod.model.difference import Aspect, Difference
from qlumod.model.tree import TreeEntry
from qlumod.state.kind import Files, matches_any

ACCOUNT_BACKUPS = (
    "/etc/.pwd.lock",
    "/etc/group-",
    "/etc/gshadow-",
    "/etc/passwd-",
    "/etc/shadow-",
    "/etc/subgid-",
    "/etc/subuid-",
)
"""Backup and lock files of programs that change accounts, in every distribution."""


class Permission(Protocol):
    """One kind of permitted difference."""

    @property
    def name(self) -> str:
        """One or two words, for the table."""

    @property
    def why(self) -> str:
        """The reason why the stack is equivalent nevertheless."""

    def permits(self, difference: Difference) -> bool:
        """Whether the difference is of this kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRule:
    """Paths that are named one by one; in a pattern ``*`` does not match a slash."""

    name: str
    why: str
    aspects: tuple[Aspect, ...] = (Aspect.MISSING,)
    paths: tuple[str, ...]
    fixed: bool = False
    """Whether the paths are the same for all stacks."""

    @property
    def most(self) -> int | None:
        """The most paths that it can permit, for any stack; None: no limit."""
        return len(self.paths) if self.fixed and "*" not in "".join(self.paths) else None

    def permits(self, difference: Difference) -> bool:
        """Whether path and aspect are listed."""
        return difference.aspect in self.aspects and matches_any(difference.path, self.paths)


class ListedTree(Protocol):
    """Files that are lists of entries: the part of a kind of state that the comparison uses."""

    @property
    def name(self) -> str:
        """One word, such as ``nsswitch``."""

    def claims(self, path: str, target: str = "") -> bool:
        """Whether a file or link is one of them."""

    def canonical(self, files: Files) -> Mapping[str, bytes]:
        """A form in which equal state has equal bytes, by path."""


@runtime_checkable
class BinaryTree(ListedTree, Protocol):
    """Such files that are no text: only the kind knows what in their bytes is of no account."""

    def alike(self, one: bytes, other: bytes) -> bool:
        """Whether two files with the same entries differ only in times, or in order."""


class InstalledTree(Protocol):
    """The scanned reference installation."""

    @property
    def entries(self) -> Mapping[str, TreeEntry]: ...

    @property
    def data(self) -> Mapping[str, bytes]:
        """The bytes of those files whose content is compared."""


class PackagingPermits(Protocol):
    """The permitted differences that depend on the packages' kind and its installer."""

    @property
    def lists(self) -> Sequence[ListedTree]:
        """Files that are compared entry by entry, in addition to those of shared state."""

    @property
    def for_boot_loaders(self) -> Sequence[str]:
        """Files beside kernels that only boot loaders need; ``*`` stands for the release."""

    @property
    def digests(self) -> Sequence[str]:
        """Files of shared state whose lines are a digest and a path; none has those of secrets."""

    def without(
        self, left_out: frozenset[str], restored: frozenset[str], installed: InstalledTree
    ) -> Sequence[Permission]:
        """Records that scripts and the package database make only of existing paths.

        `left_out` are the paths that are deliberately not in the stack, `restored` those that one
        module left out and another one has.
        """

    def shipped(self, installed: InstalledTree) -> frozenset[str]:
        """The canonical paths of packages' files and their directories, as the database has them.

        Configuration files and links need not be among them.
        """

    def traces(self, installed: InstalledTree) -> Sequence[Permission]:
        """Files that an installation leaves behind, and that no stack has."""
