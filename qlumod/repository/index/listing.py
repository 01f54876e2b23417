"""The file list of a .deb, and the files in it that describe a module."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.model.held import tells_of_module
from qlumod.packaging.debian.deb import Deb
from qlumod.repository.format.index_entries import IndexEntry

Paths = Callable[[IndexEntry], Sequence[bytes]]
"""Returns the files and links of a binary package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """The files and links of a .deb, and the texts of files that describe a module."""

    names: bytes
    """One path per line: this takes a tenth of the memory of separate texts."""
    texts: Mapping[str, bytes]

    @property
    def paths(self) -> list[bytes]:
        """The files and links, sorted."""
        return self.names.split(b"\n") if self.names else []


def listed(path: Path) -> Listed:
    """Read the listing of a .deb; raises `QlumodError`."""
    return listed_in(Deb.at(path))


def listed_in(deb: Deb) -> Listed:
    """The same for an opened .deb."""
    paths: list[str] = []
    texts: dict[str, bytes] = {}
    for file in deb.files():
        if not file.is_directory:
            paths.append(path := file.path.replace("\n", "\\n"))
            if tells_of_module(path) and file.is_file:
                texts[path] = file.read()
    return Listed(names="\n".join(sorted(paths)).encode(errors="surrogateescape"), texts=texts)
