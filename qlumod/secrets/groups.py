"""What is told as one thing: a secret's copies, what was made from it, and whole trees of files."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from qlumod.model.public import SHARED

TREE_FROM = 8
"""So many files below one directory, whatever made them, are one tree."""
_TREE_SHARE = 0.8
"""So much of what lies in a directory must be suspicious, for it to be told as a tree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathGroup:
    """Paths that are told as one: the one that the others come from, or a tree's directory."""

    path: str
    """A file; or where `tree` is set the directory, all of which is meant."""
    members: tuple[str, ...]
    """All paths, sorted; that of the file included."""
    tree: bool = False

    def __str__(self) -> str:
        if self.tree:
            return f"{self.path}/ ({len(self.members)} files)"
        others = len(self.members) - 1
        return f"{self.path} (and {others} made from it)" if others else self.path


_SUFFIXES = re.compile(
    r"(?P<origin>.+?)(?:\.(?:dpkg|ucf)-(?:new|old|dist|bak|tmp|backup|remove)|\.(?:bak|orig|old|save"
    r"|backup|rpmnew|rpmsave|swp|tmp|new|pam-old)|~|-)(?:\.?\d{0,14})"
)
"""Copies beside their original: dpkg's, ucf's, editors', and those of the shadow suite."""
_MADE = re.compile(r"(?P<origin>.+)\.(?:db|cdb|dir|pag|lmdb|hash|btree|gdbm|pwd|dbm)")
"""Databases that newaliases, makemap, postmap and the like make beside their text."""
_PYCACHE = re.compile(
    r"(?P<directory>.+)/__pycache__/(?P<name>[^/]+?)\.cpython-\d+(?:\.opt-\d)?\.pyc"
)
_ELC = re.compile(r"(?P<origin>.+\.el)c")
_UCF = re.compile(r"/var/lib/ucf/cache/(?P<name>:.+)")
_DBCONFIG = re.compile(r"/etc/dbconfig-common/(?P<package>[^/]+)\.conf")
_BACKUPS = re.compile(r"/var/backups/(?P<name>[^/]+?)(?:\.bak)?(?:\.\d+)?(?:\.gz)?")


def origins(path: str) -> Iterator[str]:
    """The paths that a file can have been made from, judged by its name, the likeliest first."""
    ucf = _UCF.fullmatch(path)
    if ucf:
        yield ucf["name"].replace(":", "/")
    for form in (_SUFFIXES, _MADE, _ELC):
        match = form.fullmatch(path)
        if match:
            yield match["origin"]
    compiled = _PYCACHE.fullmatch(path)
    if compiled:
        yield f"{compiled['directory']}/{compiled['name']}.py"
    backup = _BACKUPS.fullmatch(path)
    if backup:
        yield f"/etc/{backup['name']}"


def grouped(
    suspects: Mapping[str, str],
    everything: Iterable[str] = (),
    beside: Mapping[str, str] | None = None,
) -> tuple[PathGroup, ...]:
    """The suspicious paths, put together to what is told as one; sorted by path.

    `suspects` are digests by path, `everything` are all paths of the installation (they tell how
    much of a directory is suspicious), and `beside` are digests of further files, that looked
    harmless, but go with a suspect where they are its copies or were made from it.
    """
    digests = {**(beside or {}), **suspects}
    first = _first_of_equals(suspects)
    leaders = {path: _leader(path, suspects, digests, first) for path in digests}
    groups: dict[str, list[str]] = {}
    for path, leader in sorted(leaders.items()):
        if leader:
            groups.setdefault(leader, []).append(path)
    trees = _trees(suspects, frozenset(everything) | digests.keys())
    single = tuple(
        PathGroup(path=leader, members=tuple(members))
        for leader, members in groups.items()
        if not any(leader.startswith(f"{tree}/") for tree in trees)
    )
    return tuple(sorted((*single, *_as_groups(trees, groups)), key=lambda group: group.path))


def _leader(
    path: str, suspects: Mapping[str, str], digests: Mapping[str, str], first: Mapping[str, str]
) -> str:
    """The suspect that a path is told with; itself where it has none; empty: it is no matter."""
    for _ in range(8):
        above = _above(path, suspects, first.get(digests[path], ""))
        if not above or above == path:
            break
        path = above
    return path if path in suspects else ""


def _above(path: str, suspects: Mapping[str, str], equal: str) -> str:
    """What a path was made from, or the first with the same bytes."""
    origin = next((one for one in origins(path) if one in suspects), "")
    return origin or (equal if equal != path else "") or _of_dbconfig(path, suspects)


def _first_of_equals(suspects: Mapping[str, str]) -> dict[str, str]:
    """For each digest the suspect that is named first: the shortest path outside of caches."""
    return {
        digest: path
        for path, digest in sorted(suspects.items(), key=lambda one: _rank(one[0]), reverse=True)
        if digest
    }


def _rank(path: str) -> tuple[bool, int, str]:
    return any(origins(path)) or path.startswith("/var/"), len(path), path


def _of_dbconfig(path: str, suspects: Mapping[str, str]) -> str:
    """dbconfig-common writes its answers into the package's own files below /etc/PACKAGE."""
    parts = path.split("/")
    source = f"/etc/dbconfig-common/{parts[2]}.conf" if len(parts) > 3 and parts[1] == "etc" else ""
    is_generated = parts[-1].startswith(("config-db.", "debian-db", "dbconfig", "database"))
    return source if source in suspects and is_generated and not _DBCONFIG.fullmatch(path) else ""


def _trees(suspects: Iterable[str], everything: frozenset[str]) -> tuple[str, ...]:
    """The topmost directories that are told as a whole: many suspects, and little else."""
    suspicious = _counts(suspects)
    candidates = {path: count for path, count in suspicious.items() if count >= TREE_FROM}
    if not candidates:
        return ()
    whole = _counts(path for path in everything)
    dense = sorted(
        path
        for path, count in candidates.items()
        if path not in SHARED and count >= _TREE_SHARE * whole[path]
    )
    return tuple(path for path in dense if not any(path.startswith(f"{above}/") for above in dense))


def _counts(paths: Iterable[str]) -> dict[str, int]:
    """How many of the files lie below each directory."""
    counts: dict[str, int] = {}
    for path in paths:
        directory = path.rpartition("/")[0]
        while directory:
            counts[directory] = counts.get(directory, 0) + 1
            directory = directory.rpartition("/")[0]
    return counts


def _as_groups(trees: Iterable[str], groups: Mapping[str, list[str]]) -> Iterator[PathGroup]:
    for tree in trees:
        below = (members for leader, members in groups.items() if leader.startswith(f"{tree}/"))
        yield PathGroup(path=tree, members=tuple(sorted(chain.from_iterable(below))), tree=True)
