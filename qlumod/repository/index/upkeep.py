"""The changed indexes of a suite; unchanged chunks are not compressed again."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from qlumod.model.numbers import number
from qlumod.model.packed import unpacked
from qlumod.repository.format.index_entries import ALL, IndexEntry, read_sources
from qlumod.repository.format.indexes import (
    CONTENTS,
    GZ,
    PACKAGES,
    SOURCE_PACKAGES,
    SOURCES,
    IndexKind,
    Key,
    contents_path,
    key_of,
    packages_path,
    piece_of,
)
from qlumod.repository.format.snapshots import Snapshot
from qlumod.repository.index.chunks import Chunks
from qlumod.repository.index.cutting import Chunked, Edit, empty, putting
from qlumod.repository.index.listing import Paths
from qlumod.repository.rules.suite_plan import SuitePlan
from qlumod.system.processes.workers import workers

_SECTION = re.compile(r"^Section: (\S+)", re.MULTILINE)
_FILE = re.compile(rb"^Filename: (.*)\nSize: (\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index:
    """An index: its path, and the architectures of its packages."""

    path: str
    kind: IndexKind
    like: str
    """The index from which that of a new architecture starts."""
    architectures: frozenset[str]

    def has(self, entry: IndexEntry) -> bool:
        """Whether an entry belongs to the index."""
        return entry.architecture in self.architectures


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """The changes of an index."""

    index: _Index
    base: Chunked
    added: tuple[IndexEntry, ...]
    removed: tuple[IndexEntry, ...]


def changed_indexes(
    plan: SuitePlan,
    before: Snapshot | None,
    architectures: Sequence[str],
    chunks: Chunks,
    paths: Paths,
    *,
    put: Callable[[str, Chunked], None],
) -> dict[str, Chunked]:
    """Every index of the new suite, by its path; `put` gets each one as soon as it is made.

    The kinds are made in parallel; indexes of one kind share chunks and are made in sequence.
    Raises `Damaged`.
    """
    kinds: dict[IndexKind, list[_Index]] = {}
    for index in _indexes(architectures):
        kinds.setdefault(index.kind, []).append(index)

    def make(several: Sequence[_Index]) -> dict[str, Chunked]:
        made: dict[str, Chunked] = {}
        same: dict[object, Chunked] = {}
        for index in several:
            change = _change(index, plan, before, chunks)
            # If all packages are of `all`, the indexes of all architectures are equal.
            key = (change.base.sum, change.added, change.removed)
            if key not in same:
                same[key] = chunks.edited(change.base, _edits(change, plan, chunks, paths))
            made[index.path] = same[key]
            put(index.path, same[key])
        return made

    with workers(len(kinds)) as beside:
        given = [beside.submit(make, several) for several in kinds.values()]
    return {path: text for each in given for path, text in each.result().items()}


def named_files(texts: Mapping[str, Chunked], chunks: Chunks) -> Iterator[tuple[str, int]]:
    """Path and size of each file that the indexes name."""
    for text in {text.sum.sha256: text for text in texts.values()}.values():
        for part in () if text.kind is CONTENTS else chunks.plain(text):
            if text.kind is PACKAGES:
                yield from (
                    (path.decode(), number(size.decode())) for path, size in _FILE.findall(part)
                )
            else:
                entries = read_sources(part.decode())
                yield from ((file.path, file.size) for entry in entries for file in entry.files)


def _indexes(architectures: Sequence[str]) -> Iterator[_Index]:
    yield _Index(path=SOURCES, kind=SOURCE_PACKAGES, like="", architectures=frozenset(["source"]))
    for name in (ALL, *architectures):
        both = frozenset([ALL, name])
        for path, kind in ((packages_path, PACKAGES), (contents_path, CONTENTS)):
            yield _Index(path=path(name), kind=kind, like=path(ALL), architectures=both)


def _earlier(index: _Index, before: Snapshot | None, chunks: Chunks) -> Chunked | None:
    """The published index; None: it must be made from all entries."""
    if before is None:
        return empty(index.kind)
    # The index of a new architecture starts as that of `all`.
    paths = (path for path in (index.path, index.like) if f"{path}{GZ}" in before.sums)
    path = next(paths, None)
    if path is None:
        return None
    if known := chunks.known(index.kind, before.sums[path]):
        return known
    packed = before.checked(f"{path}{GZ}")
    return chunks.cut(index.kind, unpacked(packed, path, most=before.sums[path].size))


def _change(index: _Index, plan: SuitePlan, before: Snapshot | None, chunks: Chunks) -> _Change:
    old = _earlier(index, before, chunks)
    # An index that the earlier snapshot does not have is made from all entries.
    return _Change(
        index=index,
        base=old or empty(index.kind),
        added=tuple(filter(index.has, plan.entries() if old is None else plan.added)),
        removed=tuple(filter(index.has, plan.removed if old else ())),
    )


def _edits(change: _Change, plan: SuitePlan, chunks: Chunks, paths: Paths) -> dict[Key, Edit]:
    if change.index.kind is not CONTENTS:
        gone: dict[Key, Edit] = {key_of(entry): _nothing for entry in change.removed}
        return gone | putting({key_of(entry): piece_of(entry) for entry in change.added})
    moves = _Moves(left=dict(_left(change, chunks)), come={})
    for entry in (*change.added, *filter(change.index.has, plan.beside)):
        place = location(entry)
        for path in paths(entry):
            there = moves.come.get((path,))
            moves.come[path,] = b"%b,%b" % (there, place) if there else place
    return dict.fromkeys({**moves.left, **moves.come}, moves)


def _nothing(key: Key, piece: bytes | None) -> None:
    del key, piece


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moves:
    """The packages that are removed from and added to paths, by their names in Contents."""

    left: dict[Key, frozenset[bytes]]
    come: dict[Key, bytes]
    """Separated by commas."""

    def __call__(self, key: Key, piece: bytes | None) -> bytes | None:
        """The new line of a path in Contents, with all packages that have it."""
        come = self.come.get(key, b"")
        if piece or b"," in come:
            there = set(piece.rpartition(b" ")[2].strip().split(b",") if piece else ())
            there.difference_update(self.left.get(key, ()))
            come = b",".join(sorted(there.union(come.split(b",") if come else ())))
        return b"%b %b\n" % (key[0], come) if come else None


def _left(change: _Change, chunks: Chunks) -> Iterator[tuple[Key, frozenset[bytes]]]:
    """The paths of removed packages, read from the index, since their .debs may be removed."""
    places = frozenset(map(location, change.removed))
    for part in chunks.plain(change.base) if places else ():
        if any(place in part for place in places):
            for line in part.splitlines():
                path, _, there = line.rpartition(b" ")
                if left := places.intersection(there.split(b",")):
                    yield (path,), left


def location(entry: IndexEntry) -> bytes:
    """The name of a package in Contents: ``section/package``."""
    section = _SECTION.search(entry.text)
    return (f"{section[1]}/{entry.package}" if section else entry.package).encode()
