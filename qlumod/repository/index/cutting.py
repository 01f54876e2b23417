"""Cutting a text into chunks, and finding the chunks that change with its pieces: pure."""

import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from qlumod.errors import QlumodError
from qlumod.model.digests import digest_bytes
from qlumod.model.names import Digest, digest
from qlumod.model.numbers import number
from qlumod.repository.format.indexes import IndexKind, Key
from qlumod.system.disk.regular_files import Sum

NOTHING = digest_bytes(b"")
Edit = Callable[[Key, bytes | None], bytes | None]
"""Returns the new piece of a key from the old one (None: there is none); None removes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Consecutive pieces: the digest and size of their bytes, and the key of the first one."""

    digest: Digest
    size: int
    first: Key

    @property
    def line(self) -> bytes:
        """The line of the chunk in the list of a text."""
        return b"\t".join((self.digest.encode(), b"%d" % self.size, *self.first))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunked:
    """A text in chunks; `sum` is the size and digest of its uncompressed bytes."""

    kind: IndexKind
    chunks: tuple[Chunk, ...]
    sum: Sum


def putting(pieces: Mapping[Key, bytes]) -> dict[Key, Edit]:
    """The edits that insert these pieces, or replace the old ones of the same keys."""
    return dict.fromkeys(pieces, lambda key, _: pieces[key])


def empty(kind: IndexKind) -> Chunked:
    """A text without pieces."""
    return Chunked(kind=kind, chunks=(), sum=Sum(size=0, sha256=NOTHING))


def read_chunk(line: bytes) -> Chunk:
    """Read the line of a chunk in the list of a text; raises `QlumodError`."""
    try:
        name, size, *first = line.split(b"\t")
        return Chunk(digest=digest(name.decode()), size=number(size.decode()), first=tuple(first))
    except ValueError as fault:
        raise QlumodError(f"{line[:80]!r} is no chunk of an index") from fault


def recut(
    text: Chunked, edits: Mapping[Key, Edit], pieces_of: Callable[[Chunk], list[bytes]]
) -> Iterator[Chunk | list[bytes]]:
    """The unchanged chunks, and the list of pieces of each new chunk, in order.

    `pieces_of` reads a chunk; it is called only for chunks that may change.
    """
    old, kind = text.chunks, text.kind
    by_chunk = _by_chunk(old, edits)
    place = 0
    while place < max(1, len(old)):
        if place not in by_chunk:
            yield old[place]
            place += 1
            continue
        rest: list[bytes] = []
        while True:
            pieces = pieces_of(old[place]) if old else []
            rest += _with_edits(pieces, by_chunk.get(place, ()), kind.key)
            place += 1
            *whole, rest = _cut(rest, kind)
            yield from whole
            if place >= len(old) or (place not in by_chunk and _is_whole(rest, kind)):
                break
        if rest:
            yield rest


def chunk_place(chunks: Sequence[Chunk], key: Key) -> int:
    """The number of the chunk that contains a key, or would contain it."""
    return max(0, bisect_right(chunks, key, key=lambda chunk: chunk.first) - 1)


def _by_chunk(
    chunks: Sequence[Chunk], edits: Mapping[Key, Edit]
) -> dict[int, list[tuple[Key, Edit]]]:
    """The edits of each chunk that must be cut again, by its number."""
    found: dict[int, list[tuple[Key, Edit]]] = {}
    if not chunks:
        return {0: [*edits.items()]}
    for key, edit in edits.items():
        place = chunk_place(chunks, key)
        found.setdefault(place, []).append((key, edit))
        if place and chunks[place].first == key:
            # This piece decides where the previous chunk ends.
            found.setdefault(place - 1, [])
    return found


def _with_edits(
    pieces: Iterable[bytes], edits: Iterable[tuple[Key, Edit]], key: Callable[[bytes], Key]
) -> list[bytes]:
    found = {key(piece): piece for piece in pieces}
    for name, edit in edits:
        changed = edit(name, found.pop(name, None))
        if changed is not None:
            found[name] = changed
    return [found[name] for name in sorted(found)]


def _cut(pieces: Sequence[bytes], kind: IndexKind) -> Iterator[list[bytes]]:
    """Cut where the pieces decide; the last part may be too short for a chunk, or empty."""
    part: list[bytes] = []
    size = 0
    for piece in pieces:
        if size - len(kind.separator) >= kind.smallest and _begins(piece, kind):
            yield part
            part, size = [], 0
        part.append(piece)
        size += len(piece)
    yield part


def _begins(piece: bytes, kind: IndexKind) -> bool:
    """Whether a piece may begin a chunk: its first line (the name of a package or path) decides."""
    return zlib.crc32(piece.partition(b"\n")[0]) % kind.one_in == 0


def _is_whole(pieces: Sequence[bytes], kind: IndexKind) -> bool:
    """Whether a chunk may end with these pieces, if the next piece begins a chunk."""
    return not pieces or sum(map(len, pieces)) - len(kind.separator) >= kind.smallest
