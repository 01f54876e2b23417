"""The index files of a suite: where they lie, what they are made of, and how they are read."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from qlumod.model.document import decoded
from qlumod.model.packed import unpacked
from qlumod.repository.format.index_entries import (
    ALL,
    SOURCE,
    IndexEntry,
    read_packages,
    read_sources,
    sort_entries,
)
from qlumod.repository.format.layout import COMPONENT

GZ, XZ, ZST = ".gz", ".xz", ".zst"
SOURCES = f"{COMPONENT}/source/Sources"

Key = tuple[bytes, ...]
"""What the pieces of an index are sorted by."""

_PACKAGE = re.compile(rb"^Package: (.*)$", re.MULTILINE)
_VERSION = re.compile(rb"^Version: (.*)$", re.MULTILINE)
_ARCHITECTURE = re.compile(rb"^Architecture: (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexKind:
    """How the texts of some indexes are made of pieces, each of which ends with `separator`."""

    separator: bytes
    key: Callable[[bytes], Key]
    """What a piece is sorted by; one that stays keeps its key."""
    endings: tuple[str, ...]
    """How they are packed."""
    smallest: int = 1 << 17
    """Bytes that a chunk has at least: below that, compression would lose much."""
    one_in: int = 64
    """How many pieces a chunk has beyond those, on the average.

    Both are a part of what is published: other numbers make other bytes of the same text.
    """

    def pieces(self, text: bytes) -> list[bytes]:
        """Take a text apart."""
        return [piece + self.separator for piece in text.split(self.separator) if piece.strip()]


def packages_path(architecture: str) -> str:
    """Where the index of an architecture lies below the suite."""
    return f"{COMPONENT}/binary-{architecture}/Packages"


def contents_path(architecture: str) -> str:
    """Where the Contents index of an architecture lies below the suite."""
    return f"{COMPONENT}/Contents-{architecture}"


def architectures_of(entries: Iterable[IndexEntry], always: Iterable[str]) -> tuple[str, ...]:
    """The architectures that need an index of their own; `all` goes into each of them."""
    found = {entry.architecture for entry in entries if not entry.is_source} - {ALL}
    return tuple(sorted({*found, *always}))


def key_of(entry: IndexEntry) -> Key:
    """Where the paragraph of an entry stands in its index."""
    return tuple(part.encode() for part in entry.order)


def piece_of(entry: IndexEntry) -> bytes:
    """The paragraph of an entry as its index has it."""
    return f"{entry.text}\n".encode()


def _binary_key(piece: bytes) -> Key:
    return (_field(_PACKAGE, piece), _field(_ARCHITECTURE, piece), _field(_VERSION, piece))


def _source_key(piece: bytes) -> Key:
    return (_field(_PACKAGE, piece), SOURCE.encode(), _field(_VERSION, piece))


def _field(pattern: re.Pattern[bytes], piece: bytes) -> bytes:
    found = pattern.search(piece)
    return found[1] if found else b""


def _path_key(piece: bytes) -> Key:
    return (piece.rpartition(b" ")[0],)


PACKAGES = IndexKind(separator=b"\n\n", key=_binary_key, endings=(GZ, ZST))
SOURCE_PACKAGES = IndexKind(separator=b"\n\n", key=_source_key, endings=(GZ, ZST))
CONTENTS = IndexKind(separator=b"\n", key=_path_key, endings=(GZ,))


def read_index(path: str, packed: bytes) -> tuple[IndexEntry, ...]:
    """Read a .gz index of our own writing; raises `QlumodError`."""
    text = decoded(unpacked(packed, path), path)
    return read_sources(text, path) if path == SOURCES else read_packages(text, path)


def joined_entries(parts: Iterable[Iterable[IndexEntry]]) -> tuple[IndexEntry, ...]:
    """Put the entries of several indexes together, each of them once."""
    return sort_entries({entry for part in parts for entry in part})
