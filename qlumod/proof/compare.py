"""Comparing the stack with the one installation, path by path and entry by entry; pure."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from qlumod.errors import QlumodError
from qlumod.model.difference import Aspect, Difference, entries_differing, lines_differing
from qlumod.model.lines import lines_of
from qlumod.model.tree import TreeEntry
from qlumod.packaging.permits import BinaryTree, ListedTree
from qlumod.proof.account_comparison import account_differences, is_account_file
from qlumod.proof.scanned_tree import ScannedTree
from qlumod.state.entry_differences import ACCESS_LISTS
from qlumod.state.kind import Files, StateFile, decoded_lines

UNSEEN = ("trusted.overlay.", "user.overlay.")
"""Attributes that only overlayfs uses."""

_WORD = re.compile(rb"[^\s,]+")

_TYPES = {
    "f": "file",
    "d": "directory",
    "l": "link",
    "c": "character device",
    "b": "block device",
    "p": "fifo",
    "s": "socket",
}


def compare(
    reference: ScannedTree, stack: ScannedTree, kinds: Sequence[ListedTree]
) -> tuple[Difference, ...]:
    """All differences, sorted; files that `kinds` claim are compared by entry (`listed_trees`)."""
    shared = [path for path in reference.entries if path in stack.entries]
    files_of_both = (reference.state_files(), stack.state_files())

    def by_entry(path: str) -> bool:
        return _is_known(path, reference, stack) and _is_stateful(reference.entries[path], kinds)

    return tuple(
        sorted(
            chain(
                _one_sided(reference, stack),
                _both_sided(reference, stack, shared, by_entry),
                _hard_links(reference, stack, shared, by_entry),
                account_differences(reference, stack),
                *(_state(reference, stack, kind, files_of_both) for kind in kinds),
            )
        )
    )


def _is_stateful(entry: TreeEntry, kinds: Sequence[ListedTree]) -> bool:
    return is_account_file(entry.path) or any(
        kind.claims(entry.path, entry.target) for kind in kinds
    )


def _is_known(path: str, *trees: ScannedTree) -> bool:
    """Whether all trees have the bytes for a comparison by entry; else digests are compared."""
    return all(tree.entries[path].type == "l" or path in tree.data for tree in trees)


def _one_sided(reference: ScannedTree, stack: ScannedTree) -> Iterator[Difference]:
    for path, entry in reference.entries.items():
        if path not in stack.entries:
            yield Difference(path=path, aspect=Aspect.MISSING, reference=_TYPES[entry.type])
    for path, entry in stack.entries.items():
        if path not in reference.entries:
            yield Difference(path=path, aspect=Aspect.EXTRA, stack=_TYPES[entry.type])


def _both_sided(
    reference: ScannedTree,
    stack: ScannedTree,
    shared: Iterable[str],
    by_entry: Callable[[str], bool],
) -> Iterator[Difference]:
    """Paths that differ in a fact; `by_entry` says whose contents and targets are not compared."""
    facts_of_reference, facts_of_stack = _Facts(reference), _Facts(stack)
    for path in shared:
        one, other = reference.entries[path], stack.entries[path]
        if facts_of_reference.all_of(one) == facts_of_stack.all_of(other):
            continue
        if one.type != other.type:
            yield _difference(path, Aspect.TYPE, _TYPES[one.type], _TYPES[other.type])
            continue
        for aspect, of in facts_of_reference.aspects.items():
            expected, found = of(one), facts_of_stack.aspects[aspect](other)
            if expected == found:
                continue
            if aspect not in (Aspect.CONTENT, Aspect.TARGET) or not by_entry(path):
                yield _difference(path, aspect, expected, found)


def _difference(path: str, aspect: Aspect, reference: str, stack: str) -> Difference:
    return Difference(path=path, aspect=aspect, reference=reference, stack=stack)


class _Facts:
    """The compared facts of an entry, as texts; owners by the names of its tree."""

    def __init__(self, tree: ScannedTree) -> None:
        users, groups = tree.users(), tree.groups()
        self._users, self._groups = users, groups
        self.aspects: Mapping[Aspect, Callable[[TreeEntry], str]] = {
            Aspect.MODE: lambda entry: f"{entry.mode:04o}",
            Aspect.OWNER: lambda entry: users.get(entry.uid, f"#{entry.uid}"),
            Aspect.GROUP: lambda entry: groups.get(entry.gid, f"#{entry.gid}"),
            Aspect.CONTENT: lambda entry: (
                f"{entry.size} bytes {entry.digest}".strip() if entry.type == "f" else ""
            ),
            Aspect.TARGET: lambda entry: entry.target,
            Aspect.DEVICE: lambda entry: f"{entry.rdev:#x}" if entry.type in "cb" else "",
            Aspect.ATTRIBUTES: lambda entry: _attributes(entry, lists=False),
            Aspect.ACCESS_LISTS: lambda entry: _attributes(entry, lists=True),
        }

    def all_of(self, entry: TreeEntry) -> tuple[object, ...]:
        """All facts as one value, for a fast comparison."""
        return (
            entry.type,
            entry.mode,
            self._users.get(entry.uid, entry.uid),
            self._groups.get(entry.gid, entry.gid),
            entry.size,
            entry.digest,
            entry.target,
            entry.rdev,
            entry.xattrs,
        )


def _attributes(entry: TreeEntry, *, lists: bool) -> str:
    return " ".join(
        f"{name}={value.hex()}"
        for name, value in entry.xattrs
        if not name.startswith(UNSEEN) and name.startswith(ACCESS_LISTS) == lists
    )


def _hard_links(
    reference: ScannedTree,
    stack: ScannedTree,
    shared: Iterable[str],
    by_entry: Callable[[str], bool],
) -> Iterator[Difference]:
    """Paths that are hard links of one file in only one tree; only common paths are compared."""
    one, other = reference.entries, stack.entries
    linked = (path for path in shared if _is_linked(one[path]) or _is_linked(other[path]))
    both = [path for path in linked if not by_entry(path)]
    expected, found = _fellows(reference, both), _fellows(stack, both)
    for path in sorted({*expected, *found}):
        if expected.get(path) != found.get(path):
            yield _difference(
                path,
                Aspect.HARD_LINKS,
                " ".join(expected.get(path, ())),
                " ".join(found.get(path, ())),
            )


def _is_linked(entry: TreeEntry) -> bool:
    return entry.nlink > 1 and entry.type != "d"


def _fellows(tree: ScannedTree, paths: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """For each path with hard links: all paths of the same inode."""
    groups = defaultdict(list)
    for path in paths:
        entry = tree.entries[path]
        if _is_linked(entry):
            groups[entry.inode].append(path)
    return {path: tuple(group) for group in groups.values() if len(group) > 1 for path in group}


def _state(
    reference: ScannedTree, stack: ScannedTree, kind: ListedTree, files_of_both: tuple[Files, Files]
) -> Iterator[Difference]:
    one, other = (_claimed(files, kind) for files in files_of_both)
    if one == other:
        return
    expected, found = _canonical(kind, one), _canonical(kind, other)
    for path in sorted({*expected, *found, *one, *other}):
        # A path that only one tree has is reported as missing or extra.
        if (path in reference.entries) != (path in stack.entries):
            continue
        if expected.get(path) != found.get(path):
            yield from entries_differing(
                path, kind.name, expected.get(path, b""), found.get(path, b"")
            )
        elif path in one and path in other and one[path].data != other[path].data:
            yield _reordered(path, kind, one[path].data, other[path].data)


def _claimed(files: Files, kind: ListedTree) -> dict[str, StateFile]:
    return {
        path: file
        for path, file in files.items()
        if kind.claims(path, decoded_lines(file.data) if file.link else "")
    }


def _canonical(kind: ListedTree, files: Files) -> Mapping[str, bytes]:
    """The canonical forms; if the kind cannot parse the files, their bytes."""
    try:
        return kind.canonical(files)
    except (QlumodError, LookupError, ValueError):
        return {path: file.data for path, file in files.items()}


def _reordered(path: str, kind: ListedTree, reference: bytes, stack: bytes) -> Difference:
    """A difference in order if the words are the same, else in content, whatever the kind says.

    Bytes that are no text have no words: the kind itself knows whether they are alike.
    """
    same = sorted(_WORD.findall(reference)) == sorted(_WORD.findall(stack)) or (
        isinstance(kind, BinaryTree) and kind.alike(reference, stack)
    )
    one, other = (lines_of(data.decode(errors="replace")) for data in (reference, stack))
    told, also = lines_differing(one, other)
    return Difference(
        path=path,
        aspect=Aspect.ORDER if same else Aspect.CONTENT,
        subject=kind.name,
        reference=told,
        stack=also,
    )
