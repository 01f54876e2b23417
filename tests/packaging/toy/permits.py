"""What an installation of the toy packaging leaves that no stack has: its installer's log."""

from collections.abc import Sequence
from dataclasses import dataclass

from qlumod.packaging.permits import InstalledTree, ListedTree, NamedRule, Permission
from tests.packaging.toy.installer import DATABASE, rows

LOG = "/var/log/toys"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToyPermits:
    """A table of one line: see `qlumod.packaging.permits.PackagingPermits`."""

    lists: Sequence[ListedTree] = ()
    for_boot_loaders: Sequence[str] = ()
    digests: Sequence[str] = ()

    def without(
        self, left_out: frozenset[str], restored: frozenset[str], installed: InstalledTree
    ) -> Sequence[Permission]:
        """Nothing records what is not there."""
        return ()

    def shipped(self, installed: InstalledTree) -> frozenset[str]:
        """The paths in the database of toys."""
        paths = (paths for _, _, paths in rows(installed.data.get(DATABASE, b"")))
        return frozenset().union(*paths)

    def traces(self, installed: InstalledTree) -> Sequence[Permission]:
        """The log."""
        return (NamedRule(name="log", why="what was installed", paths=(LOG,), fixed=True),)


TOY_PERMITS = ToyPermits()
