"""The index files of a suite: their paths, their pieces, and reading them."""

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
"""The sort key of a piece of an index."""

_PACKAGE = re.compile(rb"^Package: (.*)$", re.MULTILINE)
_VERSION = re.compile(rb"^Version: (.*)$", re.MULTILINE)
_ARCHITECTURE = re.compile(rb"^Architecture: (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexKind:
    """A kind of index text: a sequence of pieces, each of which ends with `separator`."""

    separator: bytes
    key: Callable[[bytes], Key]
    """Returns the sort key of a piece; an unchanged piece has the same key in the next index."""
    endings: tuple[str, ...]
    """The file name endings of the compressed forms."""
    smallest: int = 1 << 17
    """The minimum bytes of a chunk: smaller ones compress much worse."""
    one_in: int = 64
    """The average number of pieces that a chunk has beyond the minimum.

    Both numbers are part of the format: other numbers give other compressed bytes of the same text.
    """

    def pieces(self, text: bytes) -> list[bytes]:
        """Split a text into its pieces."""
        return [piece + self.separator for piece in text.split(self.separator) if piece.strip()]


def packages_path(architecture: str) -> str:
    """The path of the Packages index of an architecture, below the suite."""
    return f"{COMPONENT}/binary-{architecture}/Packages"


def contents_path(architecture: str) -> str:
    """The path of the Contents index of an architecture, below the suite."""
    return f"{COMPONENT}/Contents-{architecture}"


def architectures_of(entries: Iterable[IndexEntry], always: Iterable[str]) -> tuple[str, ...]:
    """The architectures that need an index; packages of `all` are in each of these."""
    found = {entry.architecture for entry in entries if not entry.is_source} - {ALL}
    return tuple(sorted({*found, *always}))


def key_of(entry: IndexEntry) -> Key:
    """The sort key of an entry's paragraph in its index."""
    return tuple(part.encode() for part in entry.order)


def piece_of(entry: IndexEntry) -> bytes:
    """The paragraph of an entry in its index."""
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
    """Read a .gz index that qlumod wrote; raises `QlumodError`."""
    text = decoded(unpacked(packed, path), path)
    return read_sources(text, path) if path == SOURCES else read_packages(text, path)


def joined_entries(parts: Iterable[Iterable[IndexEntry]]) -> tuple[IndexEntry, ...]:
    """The entries of several indexes, each once."""
    return sort_entries({entry for part in parts for entry in part})
