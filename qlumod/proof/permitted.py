"""The differences that are permitted between a stack and one installation: a short typed list."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Protocol

from qlumod.model.accounts import Accounts
from qlumod.proof.difference import Aspect, Difference
from qlumod.proof.tree import Tree
from qlumod.state.kind import matches_any

A = Aspect


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
class Named:
    """Paths that are named one by one; in a pattern ``*`` stays within one name."""

    name: str
    why: str
    aspects: tuple[Aspect, ...]
    paths: tuple[str, ...]

    def permits(self, difference: Difference) -> bool:
        """Whether path and aspect are listed."""
        return difference.aspect in self.aspects and matches_any(difference.path, self.paths)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Paths that the one installation has and the stack lacks, as something else recorded."""

    name: str
    why: str
    paths: frozenset[str]

    def permits(self, difference: Difference) -> bool:
        """Whether exactly this path was recorded."""
        return difference.aspect == A.MISSING and difference.path in self.paths


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountIds:
    """Numbers of accounts that the release's table fixes, and only those numbers."""

    name: str = "account ids"
    why: str = "the release's account table fixes them; names and all else are equal"
    ids: Mapping[str, int] = field(default_factory=dict)
    """By subject: ``user munge: uid``."""

    def permits(self, difference: Difference) -> bool:
        """Whether the stack has the table's number."""
        return (
            difference.aspect == A.ID and str(self.ids.get(difference.subject)) == difference.stack
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """Files of shared state with the same entries in another order."""

    name: str = "order of entries"
    why: str = "merged from the modules' entries: the same ones, sorted"

    def permits(self, difference: Difference) -> bool:
        """Whether only the order differs."""
        return difference.aspect == A.ORDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """What the modules of a stack say of themselves: what is expected to differ, by path.

    `left_out` are the recorded paths; `beside` the digests of the files beside the layers that
    are the installation's files at these paths (kernel); `excludes` and `includes` dpkg's patterns.
    """

    left_out: frozenset[str]
    excludes: tuple[str, ...]
    includes: tuple[str, ...]
    secrets: tuple[str, ...]
    kernel: str
    accounts: Accounts


_LOGS = (
    "/var/log/alternatives.log",
    "/var/log/apt/eipp.log.xz",
    "/var/log/apt/history.log",
    "/var/log/apt/term.log",
    "/var/log/bootstrap.log",
    "/var/log/dpkg.log",
)
_BOOKKEEPING = (
    "/etc/.pwd.lock",
    "/etc/group-",
    "/etc/gshadow-",
    "/etc/passwd-",
    "/etc/shadow-",
    "/etc/subgid-",
    "/etc/subuid-",
    "/var/cache/apt/archives/lock",
    "/var/cache/apt/pkgcache.bin",
    "/var/cache/apt/srcpkgcache.bin",
    "/var/cache/debconf/config.dat-old",
    "/var/cache/debconf/passwords.dat-old",
    "/var/cache/debconf/templates.dat-old",
    "/var/lib/apt/lists/lock",
    "/var/lib/dpkg/available",
    "/var/lib/dpkg/diversions-old",
    "/var/lib/dpkg/lock",
    "/var/lib/dpkg/lock-frontend",
    "/var/lib/dpkg/status-old",
    "/var/lib/dpkg/statoverride-old",
    "/var/lib/dpkg/triggers/Lock",
    "/var/lib/dpkg/triggers/Unincorp",
    "/var/lib/ucf/hashfile.*",
    "/var/lib/ucf/registry.*",
)
_MMDEBSTRAP = (
    "/etc/apt/apt.conf.d/99mmdebstrap",
    "/etc/apt/sources.list",
    "/etc/dpkg/dpkg.cfg.d/99mmdebstrap",
    "/etc/hostname",
    "/etc/resolv.conf",
)


def permissions(expected: Expectations, reference: Tree) -> tuple[Permission, ...]:
    """The whole list for one stack; the first that permits a difference gives its reason."""
    return (
        Recorded(
            name="left out",
            why="documentation, manual pages and translations, recorded path by path",
            paths=expected.left_out,
        ),
        Recorded(
            name="link to what is left out",
            why="update-alternatives makes no slave link to a file that is not there",
            paths=_slave_links(reference, expected.left_out),
        ),
        Named(
            name="secret",
            why="made at first boot or supplied by the site, never in a layer",
            aspects=(A.MISSING,),
            paths=expected.secrets,
        ),
        Named(
            name="kernel",
            why="kernel and initrd are files beside core's layer",
            aspects=(A.MISSING,),
            paths=(
                f"/boot/vmlinuz-{expected.kernel}",
                f"/boot/initrd.img-{expected.kernel}",
                "/initrd.img",
                "/initrd.img.old",
                "/vmlinuz",
                "/vmlinuz.old",
            ),
        ),
        AccountIds(ids=_ids(expected.accounts)),
        Named(
            name="account dates",
            why="the day on which an account was made",
            aspects=(A.DATE,),
            paths=("/etc/shadow",),
        ),
        Ordered(),
        Named(
            name="log",
            why="tells how the installation went",
            aspects=(A.MISSING, A.CONTENT),
            paths=_LOGS,
        ),
        Named(
            name="bookkeeping",
            why="locks, backups and scratch files of dpkg, apt, debconf, ucf and passwd",
            aspects=(A.MISSING, A.CONTENT),
            paths=_BOOKKEEPING,
        ),
        Named(
            name="mmdebstrap",
            why="the tool's own configuration and its copies of the build host's files",
            aspects=(A.MISSING, A.CONTENT),
            paths=_MMDEBSTRAP,
        ),
    )


def false_records(expected: Expectations, reference: Tree, stack: Tree) -> Iterable[Difference]:
    """Recorded paths that are not left out, were never there, or match no exclude pattern."""
    children = _children(reference)
    for path in sorted(expected.left_out):
        if path in stack.entries:
            yield _false(path, "recorded as left out, and is there")
        elif path not in reference.entries:
            yield _false(path, "recorded as left out, and no package brings it")
        elif not _is_excluded(path, expected) and not _only_left_out(path, expected, children):
            yield _false(path, "recorded as left out, and no pattern excludes it")


def _false(path: str, what: str) -> Difference:
    return Difference(path=path, aspect=A.RECORD, stack=what)


def _is_excluded(path: str, expected: Expectations) -> bool:
    """As dpkg decides: the last pattern that matches counts, includes come after excludes."""
    if any(fnmatchcase(path, pattern) for pattern in expected.includes):
        return False
    return any(fnmatchcase(path, pattern) for pattern in expected.excludes)


def _only_left_out(
    path: str, expected: Expectations, children: Mapping[str, Sequence[str]]
) -> bool:
    """Whether a directory had nothing but what was left out."""
    return path in children and all(child in expected.left_out for child in children[path])


def _children(tree: Tree) -> dict[str, list[str]]:
    children: dict[str, list[str]] = {}
    for path in tree.entries:
        children.setdefault(path.rpartition("/")[0], []).append(path)
    return children


def _slave_links(reference: Tree, left_out: frozenset[str]) -> frozenset[str]:
    """Links of /etc/alternatives to left-out paths, and the links that point at those."""
    targets = {path: entry.target for path, entry in reference.entries.items() if entry.target}
    slaves = {
        path
        for path, target in targets.items()
        if path.startswith("/etc/alternatives/") and target in left_out
    }
    return frozenset(slaves.union(path for path, target in targets.items() if target in slaves))


def _ids(accounts: Accounts) -> dict[str, int]:
    return {
        **{f"user {user.name}: uid": user.uid for user in accounts.users},
        **{f"group {group.name}: gid": group.gid for group in accounts.groups},
    }
