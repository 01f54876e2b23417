"""The entries of a suite that new packages affect, found without parsing all of its indexes."""

import re
from collections.abc import Iterable, Iterator, Sequence

from qlumod.repository.format.index_entries import (
    ALL,
    IndexEntry,
    read_packages,
    read_sources,
    sort_entries,
)
from qlumod.repository.format.indexes import PACKAGES, SOURCE_PACKAGES, SOURCES, packages_path
from qlumod.repository.format.layout import Layout
from qlumod.repository.format.snapshots import Snapshot
from qlumod.repository.index.chunks import Chunks, Damaged
from qlumod.repository.index.cutting import Chunked

_SOURCE = re.compile(rb"\nSource: (\S+)")
_BUILT_USING = re.compile(rb"\n(?:Static-)?Built-Using:(.*(?:\n[ \t].*)*)")
_NAME = re.compile(rb"(?:^|,)\s*([^\s,(]+)")


def related(
    before: Snapshot, layout: Layout, new: Iterable[IndexEntry]
) -> tuple[IndexEntry, ...] | None:
    """All entries on which the plan for new ones depends; None: the indexes are not cached.

    They are the entries of the same names, the sources of both, and all packages built from these
    or with parts of them.
    """
    chunks = Chunks(layout.chunks, layout.chunks)
    paths = [packages_path(name) for name in before.architectures or (ALL,)]
    known = [chunks.known(PACKAGES, before.sums[path]) for path in paths if path in before.sums]
    sources = chunks.known(SOURCE_PACKAGES, before.sums[SOURCES])
    binaries = [text for text in known if text]
    if sources is None or len(binaries) < len(paths):
        return None
    try:
        return sort_entries(set(_related(chunks, binaries, sources, tuple(new))))
    except Damaged:
        return None


def _related(
    chunks: Chunks, binaries: Sequence[Chunked], sources: Chunked, new: Sequence[IndexEntry]
) -> Iterator[IndexEntry]:
    same = [*_binaries(chunks, binaries, {entry.package for entry in new if not entry.is_source})]
    made_from = {name.encode() for entry in (*new, *same) for name, _ in entry.built_from}
    found = [
        entry
        for piece in chunks.named(sources, made_from)
        for entry in read_sources(piece.decode())
    ]
    names = {entry.package for entry in found}
    yield from same
    yield from found
    yield from _binaries(chunks, binaries, names)
    for text in binaries:
        for piece in chunks.holding(text, _sources_in, {name.encode() for name in names}):
            yield from read_packages(piece.decode())


def _sources_in(text: bytes) -> set[bytes]:
    """The source packages that paragraphs name, but for packages of the same name."""
    used = _BUILT_USING.findall(text) if b"uilt-Using:" in text else []
    return {*_SOURCE.findall(text), *(name for value in used for name in _NAME.findall(value))}


def _binaries(
    chunks: Chunks, texts: Iterable[Chunked], names: Iterable[str]
) -> Iterator[IndexEntry]:
    wanted = {name.encode() for name in names}
    for text in texts:
        for piece in chunks.named(text, wanted):
            yield from read_packages(piece.decode())
