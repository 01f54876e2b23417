"""Indexes in chunks: a publication reads, changes and compresses only the chunks that it changes.

A text is a sequence of pieces sorted by key: paragraphs of Packages, lines of Contents. The pieces
alone decide where a chunk ends, so the same text always has the same chunks, regardless of earlier
versions. A file may contain several gzip members or zstd frames in sequence, and apt reads such
files: a compressed index is the concatenation of its compressed chunks.

The cache has a list of the chunks of each text, named by the text's digest, and each chunk, plain
and compressed, named by the chunk's digest. The whole cache may be removed: the published index has
the same bytes, and all that is read is compared with the signed digest.
"""

import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.late import late
from qlumod.model.digests import digest_bytes
from qlumod.model.names import Digest
from qlumod.model.packed import gzipped
from qlumod.repository.format.indexes import GZ, ZST, IndexKind, Key
from qlumod.repository.index.cutting import (
    NOTHING,
    Chunk,
    Chunked,
    Edit,
    chunk_place,
    empty,
    putting,
    read_chunk,
    recut,
)
from qlumod.system.disk.beneath import Beneath
from qlumod.system.disk.files import write_unsynced
from qlumod.system.disk.regular_files import Sum
from qlumod.system.disk.unpacking import unpacked_sum

zstandard = late("zstandard")

GZIP_LEVEL = 6
ZSTD_LEVEL = 9
LIST = ".list"


class Chunks:
    """Reads chunks from the cache, and writes new ones into a separate directory."""

    def __init__(self, kept: Path, fresh: Path) -> None:
        self._kept = str(kept)
        self._fresh = str(fresh)
        self._made: set[str] = set()
        self._known: dict[Digest, Chunked] = {}
        self._listed: set[Digest] = set()

    def known(self, kind: IndexKind, text: Sum) -> Chunked | None:
        """The chunks of a text, not yet checked; None: the cache does not have them (any more)."""
        try:
            data = _read(f"{self._kept}/{text.sha256}{LIST}")
            lines, _, seal = data.rpartition(b"\n")
            chunks = tuple(map(read_chunk, lines.splitlines()))
        except (OSError, QlumodError):
            return None
        if digest_bytes(lines).encode() != seal:
            return None
        self._listed.add(text.sha256)
        found = Chunked(kind=kind, chunks=chunks, sum=text)
        self._known[text.sha256] = found
        return found

    def cut(self, kind: IndexKind, text: bytes) -> Chunked:
        """Split a text that was read from its index into chunks."""
        return self.edited(empty(kind), putting({kind.key(one): one for one in kind.pieces(text)}))

    def named(self, text: Chunked, names: Collection[bytes]) -> Iterator[bytes]:
        """The pieces whose key begins with one of these names; raises `Damaged`."""
        places: set[int] = set()
        for name in names:
            begin, end = (chunk_place(text.chunks, key) for key in ((name,), (name, b"\xff")))
            places.update(range(begin, end + 1))
        for chunk in (chunk for place, chunk in enumerate(text.chunks) if place in places):
            for piece in text.kind.pieces(self._checked(chunk)):
                if text.kind.key(piece)[0] in names:
                    yield piece

    def holding(
        self, text: Chunked, found: Callable[[bytes], set[bytes]], words: Collection[bytes]
    ) -> Iterator[bytes]:
        """The pieces in which `found` finds one of these words; raises `Damaged`."""
        wanted = frozenset(words)
        for chunk in text.chunks if wanted else ():
            data = self._checked(chunk)
            if not wanted.isdisjoint(found(data)):
                pieces = text.kind.pieces(data)
                yield from (one for one in pieces if not wanted.isdisjoint(found(one)))

    def plain(self, text: Chunked) -> Iterator[bytes]:
        """The uncompressed bytes, chunk by chunk."""
        return (self._read(chunk.digest) for chunk in text.chunks)

    def packed(self, text: Chunked, ending: str) -> Iterator[bytes]:
        """The compressed bytes, chunk by chunk."""
        return (self._read(f"{digest}{ending}") for digest in _parts(text))

    def edited(self, text: Chunked, edits: Mapping[Key, Edit]) -> Chunked:
        """Change some pieces of a text; raises `Damaged` if a chunk is missing or damaged."""
        if not edits:
            return text
        chunks = tuple(
            part if isinstance(part, Chunk) else self._make(part, text.kind)
            for part in recut(text, edits, self._pieces_of(text))
        )
        return Chunked(kind=text.kind, chunks=chunks, sum=self._sum(chunks))

    def check(self, texts: Iterable[Chunked]) -> None:
        """Compare all cached chunks of the texts with their digests; raises `Damaged`."""
        for text in self._known.values():
            if self._sum(text.chunks) != text.sum:
                raise Damaged(f"{self._kept}: the chunks of an index are not what was published")
        parts = {
            (name, ending)
            for text in texts
            for ending in text.kind.endings
            for name in _parts(text)
        }
        for name, ending in sorted(parts):
            if f"{name}{ending}" not in self._made and not self._unpacks(name, ending):
                raise Damaged(f"{self._kept}/{name}{ending} was changed")

    def _unpacks(self, name: Digest, ending: str) -> bool:
        try:
            most = Path(self._place_of(name)).stat().st_size
            packed = Path(self._place_of(f"{name}{ending}"))
            return unpacked_sum(packed, most=most, kind="a chunk").sha256 == name
        except (OSError, QlumodError):
            return False

    def pack(self, text: Chunked) -> None:
        """Compress the chunks that are not compressed yet, and write the list of the chunks."""
        if text.sum.sha256 not in self._listed:
            self._listed.add(text.sum.sha256)
            lines = b"\n".join(chunk.line for chunk in text.chunks)
            seal = digest_bytes(lines).encode()
            self._write(f"{text.sum.sha256}{LIST}", lines + b"\n" + seal)
        self._pack(_parts(text), text.kind.endings)

    def pack_nothing(self) -> None:
        """Compress the empty text, which is the same for all kinds of index."""
        if not self._has(NOTHING):
            self._write(NOTHING, b"")
        self._pack([NOTHING], _PACK)

    def _pack(self, names: Iterable[Digest], endings: Iterable[str]) -> None:
        for name in names:
            for ending in endings:
                if not self._has(packed := f"{name}{ending}"):
                    self._write(packed, _PACK[ending](self._read(name)))

    def settle(self, within: Beneath) -> None:
        """Move new chunks into the cache; `within` is the tree that contains both directories."""
        if self._made:
            within.move_all(Path(self._fresh), Path(self._kept), sorted(self._made))
        self._made.clear()

    def _make(self, pieces: Sequence[bytes], kind: IndexKind) -> Chunk:
        data = b"".join(pieces)
        digest = digest_bytes(data)
        if not self._has(digest, data):
            self._write(digest, data)
        return Chunk(digest=digest, size=len(data), first=kind.key(pieces[0]))

    def _sum(self, chunks: Iterable[Chunk]) -> Sum:
        hashing, size = hashlib.sha256(), 0
        for chunk in chunks:
            hashing.update(data := self._read(chunk.digest))
            size += len(data)
        return Sum(size=size, sha256=Digest(hashing.hexdigest()))

    def _checked(self, chunk: Chunk) -> bytes:
        data = self._read(chunk.digest)
        if digest_bytes(data) != chunk.digest:
            raise Damaged(f"{self._place_of(chunk.digest)} was changed")
        return data

    def _pieces_of(self, text: Chunked) -> Callable[[Chunk], list[bytes]]:
        return lambda chunk: text.kind.pieces(self._read(chunk.digest))

    def _place_of(self, name: str) -> str:
        # Plain strings: thousands of Path objects would cost more time than reading the files.
        return f"{self._fresh if name in self._made else self._kept}/{name}"

    def _has(self, name: str, data: bytes | None = None) -> bool:
        """Whether a file exists; raises `Damaged` if it has other bytes than `data`."""
        if name in self._made:
            return True
        there = os.path.lexists(f"{self._kept}/{name}")
        if there and data is not None and self._read(name) != data:
            raise Damaged(f"{self._kept}/{name} was changed")
        return there

    def _read(self, name: str) -> bytes:
        path = self._place_of(name)
        try:
            return _read(path)
        except OSError as fault:
            raise Damaged(f"{path} cannot be read: {fault.strerror}") from fault

    def _write(self, name: str, data: bytes) -> None:
        write_unsynced(Path(self._fresh, name), [data])
        self._made.add(name)


def _gzip(data: bytes) -> bytes:
    return gzipped([data], level=GZIP_LEVEL)


def _zstd(data: bytes) -> bytes:
    packed: bytes = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True).compress(data)
    return packed


_PACK = {GZ: _gzip, ZST: _zstd}


def _read(path: str) -> bytes:
    """A file of the cache; it has no limit, since a whole index is held in memory anyway."""
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        return file.readall()


def _parts(text: Chunked) -> Sequence[Digest]:
    """The digests of the parts that are compressed one by one: an empty text has one, too."""
    return [chunk.digest for chunk in text.chunks] or [NOTHING]


class Damaged(QlumodError):
    """The cached data of an index differs from the published index: it must be generated again."""
