"""What a suite offers that new packages touch, looked up in its indexes without reading all."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from qlumod.repository.chunks import Chunked, Chunks, Damaged
from qlumod.repository.entries import ALL, Entry, read_packages, read_sources, sort_entries
from qlumod.repository.indexes import PACKAGES, SOURCE_PACKAGES, SOURCES, packages_path
from qlumod.repository.layout import Layout
from qlumod.repository.snapshots import Snapshot


def related(before: Snapshot, layout: Layout, new: Iterable[Entry]) -> tuple[Entry, ...] | None:
    """All entries that the plan for new ones depends on; None: the indexes are not kept.

    Those of the same names, the sources of both, and what else is made from those.
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
    chunks: Chunks, binaries: Sequence[Chunked], sources: Chunked, new: Sequence[Entry]
) -> Iterator[Entry]:
    same = [*_binaries(chunks, binaries, {entry.package for entry in new if not entry.is_source})]
    made_from = {entry.source[0] for entry in (*new, *same)}
    found = [*chain.from_iterable(_sources(chunks, sources, name) for name in sorted(made_from))]
    names = {entry.package for entry in found}
    yield from same
    yield from found
    yield from _binaries(chunks, binaries, names)
    for text in binaries:
        for name in sorted(names):
            for piece in chunks.holding(text, f"\nSource: {name}".encode()):
                yield from read_packages(piece.decode())


def _binaries(chunks: Chunks, texts: Iterable[Chunked], names: Iterable[str]) -> Iterator[Entry]:
    for text in texts:
        for name in sorted(names):
            for piece in chunks.named(text, name.encode()):
                yield from read_packages(piece.decode())


def _sources(chunks: Chunks, text: Chunked, name: str) -> Iterator[Entry]:
    for piece in chunks.named(text, name.encode()):
        yield from read_sources(piece.decode())
