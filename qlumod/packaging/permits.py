"""What one installation by a packaging may have otherwise than a stack of the same packages.

`Permission` is one kind of such differences. Those that every distribution has stand in the proof;
here is what a packaging adds to them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from qlumod.model.difference import Aspect, Difference
from qlumod.model.tree import TreeEntry
from qlumod.state.kind import Files, matches_any

ACCOUNT_BACKUPS = ("/etc/.pwd.lock", "/etc/group-", "/etc/gshadow-", "/etc/passwd-", "/etc/shadow-")
"""What programs leave that change accounts, whoever has packaged them."""


class Permission(Protocol):
    """One kind of permitted difference."""

    @property
    def name(self) -> str:
        """A word or two, for the table."""

    @property
    def why(self) -> str:
        """Why it does not make the stack another installation."""

    def permits(self, difference: Difference) -> bool:
        """Whether the difference is of this kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRule:
    """Paths that are named one by one; in a pattern ``*`` stays within one name."""

    name: str
    why: str
    aspects: tuple[Aspect, ...] = (Aspect.MISSING,)
    paths: tuple[str, ...]
    fixed: bool = False
    """Whether the paths are the same for all stacks."""

    @property
    def most(self) -> int | None:
        """How many paths it can permit, of whatever stack; None: as many as there are."""
        return len(self.paths) if self.fixed and "*" not in "".join(self.paths) else None

    def permits(self, difference: Difference) -> bool:
        """Whether path and aspect are listed."""
        return difference.aspect in self.aspects and matches_any(difference.path, self.paths)


class ListedTree(Protocol):
    """Files that are lists of entries: what the comparison needs of a kind of state."""

    @property
    def name(self) -> str:
        """One word, such as ``nsswitch``."""

    def claims(self, path: str, target: str = "") -> bool:
        """Whether a file or link is one of them."""

    def canonical(self, files: Files) -> Mapping[str, bytes]:
        """A form in which equal state has equal bytes, by path."""


class InstalledTree(Protocol):
    """The one installation, as it was scanned."""

    @property
    def entries(self) -> Mapping[str, TreeEntry]:
        """All paths."""

    @property
    def data(self) -> Mapping[str, bytes]:
        """The bytes of those files that the comparison looks into."""


class PackagingPermits(Protocol):
    """What of an installation is due to its packages' kind, and to the way of installing them."""

    @property
    def lists(self) -> Sequence[ListedTree]:
        """Files that are compared entry by entry, beside those of shared state."""

    @property
    def for_boot_loaders(self) -> Sequence[str]:
        """Files beside kernels that only boot loaders need; ``*`` stands for the release."""

    def without(
        self, left_out: frozenset[str], restored: frozenset[str], installed: InstalledTree
    ) -> Sequence[Permission]:
        """What scripts and the package database say only of paths that are there.

        `left_out` are the paths that the stack lacks on purpose, `restored` those that one module
        left out and another one brought back.
        """

    def traces(self, installed: InstalledTree) -> Sequence[Permission]:
        """What installing leaves behind, and what no stack has."""
