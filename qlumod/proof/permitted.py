"""The differences that are permitted between a stack and one installation: a short typed list."""

import functools
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import translate
from hashlib import md5
from typing import Protocol

from qlumod.model.accounts import Accounts
from qlumod.packaging.debian.state.alternatives import ALTERNATIVES, group_text, parse_group
from qlumod.proof.checksums import PATTERN
from qlumod.proof.compare import entries_differing
from qlumod.proof.difference import Aspect, Difference
from qlumod.proof.module_index import MODULE_INDEXES
from qlumod.proof.scanned_tree import ScannedTree
from qlumod.state.kernel_modules import is_kernel_module, kernel_module_name
from qlumod.state.kind import canonical_path, matches_any

A = Aspect
_RECORDS = "/var/lib/dpkg/alternatives/"
_CHOSEN = "/etc/alternatives/"


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
    aspects: tuple[Aspect, ...] = (A.MISSING,)
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
class Alternated:
    """Alternatives of left-out paths: their links, and slaves that a script then does not name."""

    name: str = "alternative left out"
    why: str = "update-alternatives makes nothing for a file that is not there"
    paths: frozenset[str]
    records: frozenset[Difference]
    """What differs between the records with those slaves, and without them."""

    def permits(self, difference: Difference) -> bool:
        """Whether exactly this was recorded."""
        missing = difference.aspect == A.MISSING and difference.path in self.paths
        return missing or difference in self.records


@dataclass(frozen=True, slots=True, kw_only=True)
class Diverted:
    """Diversions of left-out paths, which a maintainer script makes only of what is there."""

    name: str = "diversion left out"
    why: str = "maintainer scripts divert nothing that is not there"
    left_out: frozenset[str]

    def permits(self, difference: Difference) -> bool:
        """Whether the stack lacks the diversion of a left-out path."""
        return (
            difference.path == "/var/lib/dpkg/diversions"
            and difference.aspect == A.ENTRY
            and not difference.stack
            and difference.reference.partition(" ")[0] in self.left_out
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlisted:
    """Checksums of paths that were left out, in lists that dpkg makes of what it unpacks."""

    name: str = "checksum left out"
    why: str = "dpkg lists what it unpacked, for a package that brings no list"
    left_out: frozenset[str]

    def permits(self, difference: Difference) -> bool:
        """Whether the stack lacks the line of a left-out path."""
        return (
            difference.aspect == A.ENTRY
            and not difference.stack
            and matches_any(difference.path, (PATTERN,))
            and canonical_path(f"/{difference.reference.partition('  ')[2]}") in self.left_out
        )


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
            difference.aspect == A.ENTRY
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

    def permits(self, difference: Difference) -> bool:
        """Whether the stack has the table's number."""
        return (
            difference.aspect == A.ID and str(self.ids.get(difference.subject)) == difference.stack
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
        return difference.aspect == A.ORDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """What the modules of a stack say of themselves: what is expected to differ, by path.

    `left_out` are the recorded paths, `excludes` and `includes` the patterns by which dpkg left
    them out. `kernel` is the kernel release. `beside` has the digests of files that lie beside the
    layers, by the path that one installation has them at.
    """

    left_out: frozenset[str]
    excludes: tuple[str, ...]
    includes: tuple[str, ...]
    secrets: tuple[str, ...]
    kernel: str
    beside: Mapping[str, str]
    accounts: Accounts
    days: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """By user: the day of the installation, and that of the module that brings the user."""
    restored: frozenset[str] = frozenset()
    """What one module left out and another brought back: it is there."""


_BOOKKEEPING = (
    "/etc/.pwd.lock",
    "/etc/group-",
    "/etc/gshadow-",
    "/etc/passwd-",
    "/etc/sgml/catalog.old",
    "/etc/shadow-",
    "/etc/xml/catalog.old",
    "/var/cache/apt/archives/lock",
    "/var/cache/debconf/config.dat-old",
    "/var/cache/debconf/templates.dat-old",
    "/var/cache/debconf/tmp.ci",
    "/var/lib/apt/lists/lock",
    "/var/lib/dpkg/diversions-old",
    "/var/lib/dpkg/lock",
    "/var/lib/dpkg/lock-frontend",
    "/var/lib/dpkg/status-old",
    "/var/lib/dpkg/statoverride-old",
    "/var/lib/dpkg/triggers/Lock",
    "/var/lib/sgml-base/supercatalog.old",
    "/var/lib/ucf/hashfile.*",
    "/var/lib/ucf/registry.*",
    "/var/lib/xml-core/catalog.old",
)
_OF_THE_BUILD = (
    "/etc/.resolv.conf.systemd-resolved.bak",
    "/etc/apt/apt.conf.d/99mmdebstrap",
    "/etc/apt/sources.list",
    "/etc/hostname",
)
_FONTS = ("/usr/share/fonts/", "/usr/local/share/fonts/")
_DEVICES = (
    "/dev/console",
    "/dev/fd",
    "/dev/full",
    "/dev/mapper",
    "/dev/mapper/control",
    "/dev/null",
    "/dev/ptmx",
    "/dev/pts",
    "/dev/random",
    "/dev/shm",
    "/dev/stderr",
    "/dev/stdin",
    "/dev/stdout",
    "/dev/tty",
    "/dev/urandom",
    "/dev/zero",
)


def permissions(expected: Expectations, reference: ScannedTree) -> tuple[Permission, ...]:
    """The whole list for one stack; the first that permits a difference gives its reason."""
    return (
        Recorded(
            name="left out",
            why="documentation, drivers … that no node needs, recorded path by path",
            paths=expected.left_out,
        ),
        Alternated(
            paths=_alternatives(reference, expected.left_out),
            records=_records_without(reference, expected.left_out),
        ),
        Diverted(left_out=expected.left_out),
        Unlisted(left_out=expected.left_out | expected.restored),
        Unindexed.of(expected.left_out),
        NamedRule(
            name="secret",
            why="made at first boot or supplied by the site, never in a layer",
            paths=expected.secrets,
        ),
        Recorded(
            name="kernel and initrd",
            why="files beside core's layer, of the same bytes",
            paths=frozenset(expected.beside),
        ),
        NamedRule(
            name="for boot loaders",
            why="System.map and links: a node boots what lies beside the stack",
            paths=_for_boot_loaders(expected.kernel),
            fixed=True,
        ),
        AccountIds(ids=_ids(expected.accounts)),
        AccountDays(days=expected.days),
        Ordered(),
        NamedRule(
            name="bookkeeping",
            why="locks and backups of passwd, dpkg, apt, debconf, ucf and catalogues",
            paths=_BOOKKEEPING,
            fixed=True,
        ),
        NamedRule(
            name="log",
            why="what fontconfig's script said while it was installed",
            paths=("/var/log/fontconfig.log",),
            fixed=True,
        ),
        NamedRule(
            name="font cache",
            why="with SOURCE_DATE_EPOCH fontconfig keeps none of younger directories",
            aspects=(A.EXTRA,),
            paths=_font_caches(reference),
        ),
        NamedRule(
            name="of the build",
            why="mmdebstrap's settings, and its copies of host name and resolver",
            paths=_OF_THE_BUILD,
            fixed=True,
        ),
        NamedRule(
            name="device",
            why="mmdebstrap and scripts make them; a node has devtmpfs",
            paths=_DEVICES,
            fixed=True,
        ),
        NamedRule(
            name="run-time directory",
            why="a node's /run is made at boot",
            paths=("/run/lock", "/run/lock/lvm", "/run/lock/subsys"),
            fixed=True,
        ),
        NamedRule(
            name="machine id",
            why="a stack always has an empty one; without systemd nothing makes one",
            aspects=(A.EXTRA,),
            paths=("/etc/machine-id",),
            fixed=True,
        ),
        NamedRule(
            name="access list",
            why="squashfs stores none; systemd-tmpfiles sets it at boot",
            aspects=(A.ACCESS_LISTS,),
            paths=("/var/log/journal",),
            fixed=True,
        ),
    )


def _for_boot_loaders(kernel: str) -> tuple[str, ...]:
    return (
        f"/boot/System.map-{kernel}",
        "/initrd.img",
        "/initrd.img.old",
    )


def _font_caches(reference: ScannedTree) -> tuple[str, ...]:
    """A cache of fontconfig is named after its directory: the MD5 of its path."""
    return tuple(
        f"/var/cache/fontconfig/{md5(os.fsencode(path), usedforsecurity=False).hexdigest()}-*"
        for path, entry in reference.entries.items()
        if entry.type == "d" and f"{path}/".startswith(_FONTS)
    )


def outside(kernel: str, beside: Iterable[str]) -> frozenset[str]:
    """Recorded paths that no pattern excludes: what lies beside core's layer, or goes with it."""
    return frozenset((*beside, *_for_boot_loaders(kernel)))


def other_bytes_beside(
    expected: Expectations, reference: ScannedTree, stack: ScannedTree
) -> Iterator[Difference]:
    """Files beside the layers that are not what one installation has at their paths.

    What the stack has in their place, such as an initrd that was made anew, is compared there.
    """
    for path, digest in sorted(expected.beside.items()):
        if path in stack.entries:
            continue
        installed = reference.entries.get(path)
        if installed is None or installed.digest != digest:
            yield Difference(
                path=path,
                aspect=A.CONTENT,
                subject="beside the layer",
                reference=installed.digest if installed else "",
                stack=digest,
            )


def false_records(
    expected: Expectations, reference: ScannedTree, stack: ScannedTree
) -> Iterator[Difference]:
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
    """As dpkg decides: the last pattern that matches counts, includes come after excludes.

    dpkg sees paths as they stand in the .deb, which may not be usr-merged.
    """

    excluded, included = _any_of(expected.excludes), _any_of(expected.includes)
    return any(
        excluded.match(spelling) and not included.match(spelling)
        for spelling in (path, path.removeprefix("/usr"))
    )


@functools.cache
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Many patterns as one: there are thousands of paths."""
    return re.compile("|".join(map(translate, patterns)) or r"(?!)")


def _only_left_out(
    path: str, expected: Expectations, children: Mapping[str, Sequence[str]]
) -> bool:
    """Whether a directory had nothing but what was left out."""
    return path in children and all(child in expected.left_out for child in children[path])


def _children(tree: ScannedTree) -> dict[str, list[str]]:
    children: dict[str, list[str]] = {}
    for path in tree.entries:
        children.setdefault(path.rpartition("/")[0], []).append(path)
    return children


def _alternatives(reference: ScannedTree, left_out: frozenset[str]) -> frozenset[str]:
    """Links of /etc/alternatives to left-out paths, the links to those, and their records.

    What lies in a left-out directory is left out as well.
    """
    targets = {path: entry.target for path, entry in reference.entries.items() if entry.target}
    inner = {
        path for path, target in targets.items() if path.startswith(_CHOSEN) and target in left_out
    }
    inner |= {
        target
        for path, target in targets.items()
        if target.startswith(_CHOSEN) and _directory(path) in left_out
    }
    outer = {path for path, target in targets.items() if target in inner}
    records = {f"{_RECORDS}{path.rpartition('/')[2]}" for path in inner}
    return frozenset(inner | outer | records)


def _records_without(reference: ScannedTree, left_out: frozenset[str]) -> frozenset[Difference]:
    """How records differ from those whose scripts made no slave in left-out directories."""
    found: set[Difference] = set()
    for path, data in reference.data.items():
        if path.startswith(_RECORDS):
            group = parse_group(path.removeprefix(_RECORDS), data.decode())
            kept = {n: link for n, link in group.slaves.items() if _directory(link) not in left_out}
            if kept != group.slaves:
                text = group_text(replace(group, slaves=kept)).encode()
                found.update(entries_differing(path, ALTERNATIVES.name, data, text))
    return frozenset(found)


def _directory(path: str) -> str:
    return canonical_path(path.rpartition("/")[0])


def _ids(accounts: Accounts) -> dict[str, int]:
    return {
        **{f"user {user.name}: uid": user.uid for user in accounts.users},
        **{f"group {group.name}: gid": group.gid for group in accounts.groups},
    }
