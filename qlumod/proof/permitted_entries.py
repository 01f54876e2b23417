"""Kinds of permitted differences that follow from what the modules of a stack record."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from qlumod.model.accounts import Accounts
from qlumod.model.difference import Aspect, Difference
from qlumod.proof.module_index import MODULE_INDEXES
from qlumod.state.kernel_modules import is_kernel_module, kernel_module_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Paths that the one installation has and the stack lacks, as something else recorded."""

    name: str
    why: str
    paths: frozenset[str]

    def permits(self, difference: Difference) -> bool:
        """Whether exactly this path was recorded."""
        return difference.aspect == Aspect.MISSING and difference.path in self.paths


@dataclass(frozen=True, slots=True, kw_only=True)
class Unindexed:
    """Kernel modules that are left out, in the indexes that depmod makes of what is there."""

    name: str = "kernel module left out"
    why: str = "depmod has an entry for each module that is there"
    modules: frozenset[str]

    @classmethod
    def of(cls, left_out: Iterable[str]) -> "Unindexed":
        """Permit those whose files are among these paths."""
        return cls(
            modules=frozenset(kernel_module_name(p) for p in left_out if is_kernel_module(p))
        )

    def permits(self, difference: Difference) -> bool:
        """Whether the stack lacks an entry of a module that is left out."""
        return (
            difference.aspect == Aspect.ENTRY
            and not difference.stack
            and MODULE_INDEXES.claims(difference.path)
            and difference.reference.partition(" ")[0] in self.modules
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountIds:
    """Numbers of accounts that the release's table fixes, and only those numbers."""

    name: str = "account ids"
    why: str = "the release's account table fixes them; names and all else are equal"
    ids: Mapping[str, int] = field(default_factory=dict)
    """By subject: ``user munge: uid``."""

    @classmethod
    def of(cls, accounts: Accounts) -> "AccountIds":
        """Permit the numbers of these accounts."""
        return cls(
            ids={
                **{f"user {user.name}: uid": user.uid for user in accounts.users},
                **{f"group {group.name}: gid": group.gid for group in accounts.groups},
            }
        )

    def permits(self, difference: Difference) -> bool:
        """Whether the stack has the table's number."""
        return (
            difference.aspect == Aspect.ID
            and str(self.ids.get(difference.subject)) == difference.stack
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDays:
    """The days of passwords, which are those of the modules that bring the accounts."""

    name: str = "day of an account"
    why: str = "each module has its own epoch, one installation has one"
    days: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """By user: the day of the installation, and that of the module."""

    def permits(self, difference: Difference) -> bool:
        """Whether the stack has the day of the module that brings the account."""
        user = difference.subject.removeprefix("user ").removesuffix(": day of change")
        return difference.subject == f"user {user}: day of change" and self.days.get(user) == (
            difference.reference,
            difference.stack,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """Files of shared state with the same entries in another order."""

    name: str = "order of entries"
    why: str = "merged from the modules' entries: the same ones, sorted"

    def permits(self, difference: Difference) -> bool:
        """Whether only the order differs."""
        return difference.aspect == Aspect.ORDER
