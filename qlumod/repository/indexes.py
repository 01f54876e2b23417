"""The index files of a suite: Packages and Sources, compressed, the same bytes every time."""

import gzip
from collections.abc import Iterable, Mapping, Sequence

from qlumod.events import Listener
from qlumod.repository.entries import (
    ALL,
    Entry,
    index_text,
    read_packages,
    read_sources,
    sort_entries,
)
from qlumod.repository.layout import COMPONENT
from qlumod.system.run import capture, command

GZIP_LEVEL = 9
ZSTD_LEVEL = 9
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


def compressed(texts: Mapping[str, bytes], *, listen: Listener) -> dict[str, bytes]:
    """The files that clients fetch; the plain ones are only named in Release."""
    files: dict[str, bytes] = {}
    packed: dict[bytes, tuple[bytes, bytes]] = {}
    for path, data in sorted(texts.items()):
        # Where all packages are for all architectures, the indexes are the same.
        if data not in packed:
            packed[data] = (gzip.compress(data, GZIP_LEVEL, mtime=0), _zstd(data, listen))
        files[f"{path}.gz"], files[f"{path}.zst"] = packed[data]
    return files


def _zstd(data: bytes, listen: Listener) -> bytes:
    # It is told the size, since otherwise it makes ready for anything, however little comes.
    size = f"--stream-size={len(data)}"
    words = ("--quiet", "--stdout", f"-{ZSTD_LEVEL}", "--single-thread", size)
    return capture(command("zstd", *words, stdin=data), listen=listen)


def read_index(path: str, packed: bytes) -> tuple[Entry, ...]:
    """Read a .gz index of our own writing."""
    text = gzip.decompress(packed).decode()
    return read_sources(text) if path == SOURCES else read_packages(text)


def joined(parts: Iterable[Iterable[Entry]]) -> tuple[Entry, ...]:
    """Put the entries of several indexes together, each of them once."""
    return sort_entries({entry for part in parts for entry in part})
