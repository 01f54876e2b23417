"""The index files of a suite: Packages and Sources, compressed, the same bytes every time."""

import gzip
import lzma
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from qlumod.events import Listener
from qlumod.repository.chunks import GZ, ZST, pack
from qlumod.repository.entries import (
    ALL,
    Entry,
    index_text,
    read_packages,
    read_sources,
    sort_entries,
)
from qlumod.repository.layout import COMPONENT

XZ = ".xz"
SOURCES = f"{COMPONENT}/source/Sources"


def packages_path(architecture: str) -> str:
    """Where the index of an architecture lies below the suite."""
    return f"{COMPONENT}/binary-{architecture}/Packages"


def architectures_of(entries: Iterable[Entry], always: Iterable[str]) -> tuple[str, ...]:
    """The architectures that need an index of their own; `all` goes into each of them."""
    found = {entry.architecture for entry in entries if not entry.is_source} - {ALL}
    return tuple(sorted({*found, *always}))


def index_texts(entries: Sequence[Entry], architectures: Sequence[str]) -> dict[str, bytes]:
    """Every index by its path below the suite, not yet compressed."""
    texts = {SOURCES: index_text(entry for entry in entries if entry.is_source)}
    for architecture in (ALL, *architectures):
        texts[packages_path(architecture)] = index_text(
            entry for entry in entries if entry.architecture in (ALL, architecture)
        )
    return {path: text.encode() for path, text in texts.items()}


def compressed(
    texts: Mapping[str, bytes], known: Path, *, xz: bool = False, listen: Listener
) -> dict[str, bytes]:
    """The files that clients fetch; the plain ones are only named in Release.

    `known` is a directory that keeps the chunks of the last publication.
    """
    files: dict[str, bytes] = {}
    packed: dict[tuple[bytes, str], bytes] = {}
    for path, data in sorted(texts.items()):
        separator = b"\n\n" if _has_paragraphs(path) else b"\n"
        for ending in (GZ, ZST) if _has_paragraphs(path) else (GZ,):
            # Where all packages are for all architectures, the indexes are the same.
            if (data, ending) not in packed:
                packed[data, ending] = pack(data, separator, ending, known, listen=listen)
            files[path + ending] = packed[data, ending]
        if xz:
            files[path + XZ] = lzma.compress(data)
    return files


def _has_paragraphs(path: str) -> bool:
    return path.endswith(("/Packages", "/Sources"))


def read_index(path: str, packed: bytes) -> tuple[Entry, ...]:
    """Read a .gz index of our own writing."""
    text = gzip.decompress(packed).decode()
    return read_sources(text) if path == SOURCES else read_packages(text)


def joined(parts: Iterable[Iterable[Entry]]) -> tuple[Entry, ...]:
    """Put the entries of several indexes together, each of them once."""
    return sort_entries({entry for part in parts for entry in part})
