"""Kinds of permitted differences that depend on the records of a stack's modules."""

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import translate

from qlumod.model.accounts import Accounts
from qlumod.model.difference import Aspect, Difference
from qlumod.proof.module_index import MODULE_INDEXES
from qlumod.state.kernel_modules import is_kernel_module, kernel_module_name
from qlumod.state.kind import matches_any


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Recorded paths that the one installation has and the stack lacks."""

    name: str
    why: str
    paths: frozenset[str]

    def permits(self, difference: Difference) -> bool:
        """Whether the difference is a missing path that was recorded."""
        return difference.aspect == Aspect.MISSING and difference.path in self.paths


@dataclass(frozen=True, slots=True, kw_only=True)
class Undisclosed:
    """Secrets that only the one installation has, and their digests."""

    name: str = "secret"
    why: str = "made at first boot or supplied by the site, never in a layer"
    paths: tuple[str, ...]
    digests: Sequence[str]
    """The files whose lines are a digest and a path."""

    def permits(self, difference: Difference) -> bool:
        """Whether the stack lacks a secret, or the line with its digest."""
        if difference.aspect == Aspect.MISSING:
            return matches_any(difference.path, self.paths)
        return (
            difference.lacks_entry
            and difference.path in self.digests
            and matches_any(difference.reference.partition("  ")[2], self.paths)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludePatterns:
    """The patterns by which release and specs leave paths out."""

    excludes: tuple[str, ...]
    includes: tuple[str, ...]

    def exclude(self, path: str) -> bool:
        """Whether a pattern excludes a path: the last match decides; includes come after excludes.

        Patterns are matched with the paths in a package, which may not be usr-merged.
        """
        excluded, included = _any_of(self.excludes), _any_of(self.includes)
        return any(
            excluded.match(spelling) and not included.match(spelling)
            for spelling in (path, path.removeprefix("/usr"))
        )


@functools.cache
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One regular expression for many patterns, since there are thousands of paths."""
    return re.compile("|".join(map(translate, patterns)) or r"(?!)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpackaged:
    """Excluded paths that only the one installation has, and that no package ships.

    Scripts and triggers make them, often of files that were left out, as /usr/share/info/dir is
    made of info pages. A path that a package ships must be recorded.
    """

    name: str = "left out, unpackaged"
    why: str = "scripts make it at an excluded path, where no layer has it"
    patterns: ExcludePatterns
    shipped: frozenset[str]

    def permits(self, difference: Difference) -> bool:
        """Whether the difference is such a missing path."""
        return (
            difference.aspect == Aspect.MISSING
            and difference.path not in self.shipped
            and self.patterns.exclude(difference.path)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Unindexed:
    """Entries of left-out kernel modules in the indexes that depmod generates."""

    name: str = "kernel module left out"
    why: str = "depmod has an entry for each module that is there"
    modules: frozenset[str]

    @classmethod
    def of(cls, left_out: Iterable[str]) -> "Unindexed":
        """Permit the entries of the kernel modules among these paths."""
        return cls(
            modules=frozenset(kernel_module_name(p) for p in left_out if is_kernel_module(p))
        )

    def permits(self, difference: Difference) -> bool:
        """Whether the stack lacks an entry of a left-out kernel module."""
        return (
            difference.lacks_entry
            and MODULE_INDEXES.claims(difference.path)
            and difference.reference.partition(" ")[0] in self.modules
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountIds:
    """Account ids that are equal to those of the release's table."""

    name: str = "account ids"
    why: str = "the release's account table fixes them; names and all else are equal"
    ids: Mapping[str, int] = field(default_factory=dict)
    """The ids by subject, such as ``user munge: uid``."""

    @classmethod
    def of(cls, accounts: Accounts) -> "AccountIds":
        """Permit the ids of these accounts."""
        return cls(
            ids={
                **{f"user {user.name}: uid": user.uid for user in accounts.users},
                **{f"group {group.name}: gid": group.gid for group in accounts.groups},
            }
        )

    def permits(self, difference: Difference) -> bool:
        """Whether the stack has the id of the table."""
        return (
            difference.aspect == Aspect.ID
            and str(self.ids.get(difference.subject)) == difference.stack
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDays:
    """Password days that are equal to those of the modules that add the accounts."""

    name: str = "day of an account"
    why: str = "each module has its own epoch, one installation has one"
    days: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """The days of the installation and of the module, by user."""

    def permits(self, difference: Difference) -> bool:
        """Whether the stack has the day of the module that adds the account."""
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
