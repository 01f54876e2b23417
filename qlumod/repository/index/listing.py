"""What a .deb has: its files, and what it says of a module."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.model.held import tells_of_module
from qlumod.packaging.debian.deb import Deb
from qlumod.repository.format.index_entries import IndexEntry

Paths = Callable[[IndexEntry], Sequence[bytes]]
"""The files and links of a binary package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What a .deb has: its files and links, and the text of those that tell of a module."""

    names: bytes
    """Line by line: a tenth of the memory that as many texts would take."""
    texts: Mapping[str, bytes]

    @property
    def paths(self) -> list[bytes]:
        """Its files and links, sorted."""
        return self.names.split(b"\n") if self.names else []


def listed(path: Path) -> Listed:
    """Look into a .deb; raises `QlumodError`."""
    return listed_in(Deb.at(path))


def listed_in(deb: Deb) -> Listed:
    """The same of a .deb that was found already."""
    paths: list[str] = []
    texts: dict[str, bytes] = {}
    for file in deb.files():
        if not file.is_directory:
            paths.append(path := file.path.replace("\n", "\\n"))
            if tells_of_module(path) and file.is_file:
                texts[path] = file.read()
    return Listed(names="\n".join(sorted(paths)).encode(errors="surrogateescape"), texts=texts)
