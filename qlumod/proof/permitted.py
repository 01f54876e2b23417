"""The permitted differences between a stack and one installation: a short typed list.

The list here is for every distribution; each packaging adds its own permissions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from qlumod.model.accounts import Accounts
from qlumod.model.difference import Aspect
from qlumod.packaging.initrd import path_of
from qlumod.packaging.permits import InstalledTree, NamedRule, PackagingPermits, Permission
from qlumod.proof.permitted_entries import (
    AccountDays,
    AccountIds,
    ExcludePatterns,
    Ordered,
    Recorded,
    Undisclosed,
    Unindexed,
    Unpackaged,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """The differences that the modules of a stack declare.

    `left_out` are the recorded paths, `excludes` and `includes` the patterns by which they were
    left out. `kernel` is the kernel release. `beside` has the digests of files beside the layers,
    by their paths in one installation.
    """

    left_out: frozenset[str]
    excludes: tuple[str, ...]
    includes: tuple[str, ...]
    secrets: tuple[str, ...]
    kernel: str
    beside: Mapping[str, str]
    accounts: Accounts
    days: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """By user: the day of the installation, and that of the module that adds the user."""
    restored: frozenset[str] = frozenset()
    """Paths that one module left out and another one restored: the stack has them."""

    @property
    def patterns(self) -> ExcludePatterns:
        """The patterns as one value."""
        return ExcludePatterns(excludes=self.excludes, includes=self.includes)


def permissions(
    expected: Expectations, reference: InstalledTree, own: PackagingPermits
) -> tuple[Permission, ...]:
    """The whole list for one stack; the first one that permits a difference gives its reason.

    `own` are the permissions that the packaging adds.
    """
    return (
        Recorded(
            name="left out",
            why="documentation, drivers … that no node needs, recorded path by path",
            paths=expected.left_out,
        ),
        *own.without(expected.left_out, expected.restored, reference),
        Unpackaged(patterns=expected.patterns, shipped=own.shipped(reference)),
        Unindexed.of(expected.left_out),
        *_at_boot(expected, own),
        AccountIds.of(expected.accounts),
        AccountDays(days=expected.days),
        Ordered(),
        *own.traces(reference),
        *_OF_A_NODE,
    )


def _at_boot(expected: Expectations, own: PackagingPermits) -> tuple[Permission, ...]:
    """Files that a node gets from other sources than its layers."""
    return (
        Undisclosed(paths=expected.secrets, digests=own.digests),
        Recorded(
            name="kernel and initrd",
            why="files beside core's layer, of the same bytes",
            paths=frozenset(expected.beside),
        ),
        NamedRule(
            name="for boot loaders",
            why="System.map and links: a node boots what lies beside the stack",
            paths=for_boot_loaders(expected.kernel, own),
            fixed=True,
        ),
    )


_OF_A_NODE = (
    NamedRule(
        name="run-time directory",
        why="a node's /run is made at boot",
        paths=("/run/lock", "/run/lock/lvm", "/run/lock/subsys"),
        fixed=True,
    ),
    NamedRule(
        name="machine id",
        why="a stack always has an empty one; without systemd nothing makes one",
        aspects=(Aspect.EXTRA,),
        paths=("/etc/machine-id",),
        fixed=True,
    ),
    NamedRule(
        name="access list",
        why="squashfs stores none; systemd-tmpfiles sets it at boot",
        aspects=(Aspect.ACCESS_LISTS,),
        paths=("/var/log/journal",),
        fixed=True,
    ),
)
"""Paths that a node creates at boot, or has with other attributes."""


def for_boot_loaders(kernel: str, own: PackagingPermits) -> tuple[str, ...]:
    """The paths of a kernel release that only boot loaders need."""
    return tuple(path_of(pattern, kernel) for pattern in own.for_boot_loaders)
