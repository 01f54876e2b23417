"""Grouping suspicious paths for messages: copies, files made from others, and whole trees."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from posixpath import splitext

from qlumod.model.paths import SHARED

TREE_FROM = 8
"""The minimum number of suspicious files below a directory to report it as a tree."""
_TREE_SHARE = 0.8
"""The minimum share of suspicious files in a directory to report it as a tree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathGroup:
    """Paths that are reported together: a file with the files made from it, or a directory tree."""

    path: str
    """The original file; if `tree` is set, the directory."""
    members: tuple[str, ...]
    """All paths, sorted, including the original file."""
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
"""Copies in the directory of the original: of dpkg, ucf, editors, and the shadow suite."""
_MADE = re.compile(r"(?P<origin>.+)\.(?:db|cdb|dir|pag|lmdb|hash|btree|gdbm|pwd|dbm)")
"""Databases that newaliases, makemap, postmap and others write beside their text file."""
_PYCACHE = re.compile(
    r"(?P<directory>.+)/__pycache__/(?P<name>[^/]+?)\.cpython-\d+(?:\.opt-\d)?\.pyc"
)
_ELC = re.compile(r"(?P<origin>.+\.el)c")
_UCF = re.compile(r"/var/lib/ucf/cache/(?P<name>:.+)")
_DBCONFIG = re.compile(r"/etc/dbconfig-common/(?P<package>[^/]+)\.conf")
_BACKUPS = re.compile(r"/var/backups/(?P<name>[^/]+?)(?:\.bak)?(?:\.\d+)?(?:\.gz)?")


def origins(path: str) -> Iterator[str]:
    """The paths from which a file may have been made, by its name; the most likely first."""
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
    """The groups of the suspicious paths, sorted by path.

    `suspects` has digests by path. `everything` are all paths of the installation, to compute the
    suspicious share of a directory. `beside` has digests of further files that look harmless, but
    join the group of a suspect if they are its copies or were made from it.
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


def patterns(paths: Iterable[str], everything: Iterable[str]) -> tuple[str, ...]:
    """The shortest patterns of files that match all paths, and no directory, sorted.

    ``*`` matches within one name. A pattern may match further files of the same directory.
    """
    names: dict[str, list[str]] = {}
    for path in paths:
        directory, _, name = path.rpartition("/")
        names.setdefault(directory, []).append(name)
    within: dict[str, set[str]] = {directory: set() for directory in names}
    for path in everything:
        above, name = path.rpartition("/")[0], ""
        while above:
            above, _, name = above.rpartition("/")
            if above in within:
                within[above].add(name)
    found = (_patterns(one, files, within[one]) for one, files in names.items())
    return tuple(sorted(chain.from_iterable(found)))


def _patterns(directory: str, files: Sequence[str], directories: Collection[str]) -> Iterator[str]:
    """The patterns for files of a directory that contains these directories."""
    endings = {splitext(name)[1] for name in files}
    ending = endings.pop() if len(endings) == 1 else ""
    if not directories or (ending and not any(name.endswith(ending) for name in directories)):
        yield f"{directory}/*{ending if directories else ''}"
    else:
        yield from (f"{directory}/{name}" for name in files)


def _leader(
    path: str, suspects: Mapping[str, str], digests: Mapping[str, str], first: Mapping[str, str]
) -> str:
    """The suspect in whose group a path is, maybe the path itself; "": the path is in no group."""
    for _ in range(8):
        above = _above(path, suspects, first.get(digests[path], ""))
        if not above or above == path:
            break
        path = above
    return path if path in suspects else ""


def _above(path: str, suspects: Mapping[str, str], equal: str) -> str:
    """The suspect from which a path was made, or the first one with the same bytes."""
    origin = next((one for one in origins(path) if one in suspects), "")
    return origin or (equal if equal != path else "") or _of_dbconfig(path, suspects)


def _first_of_equals(suspects: Mapping[str, str]) -> dict[str, str]:
    """For each digest, the leading suspect: preferably the shortest path outside of caches."""
    return {
        digest: path
        for path, digest in sorted(suspects.items(), key=lambda one: _rank(one[0]), reverse=True)
        if digest
    }


def _rank(path: str) -> tuple[bool, int, str]:
    return any(origins(path)) or path.startswith("/var/"), len(path), path


def _of_dbconfig(path: str, suspects: Mapping[str, str]) -> str:
    """The file of dbconfig-common whose answers a file below /etc/PACKAGE contains."""
    parts = path.split("/")
    source = f"/etc/dbconfig-common/{parts[2]}.conf" if len(parts) > 3 and parts[1] == "etc" else ""
    is_generated = parts[-1].startswith(("config-db.", "debian-db", "dbconfig", "database"))
    return source if source in suspects and is_generated and not _DBCONFIG.fullmatch(path) else ""


def _trees(suspects: Iterable[str], everything: frozenset[str]) -> tuple[str, ...]:
    """The topmost directories to report as trees: many suspects, and few other files."""
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
    """The number of files below each directory."""
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
