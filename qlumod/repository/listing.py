"""What a .deb has: its files, and what it says of a module."""

import lzma
import re
import tarfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from debian.arfile import ArError

from qlumod.errors import QlumodError
from qlumod.model.held import tells_of_module
from qlumod.repository.entries import Entry
from qlumod.system.deb_file import data_of
from qlumod.system.run import capture, command

Paths = Callable[[Entry], Sequence[bytes]]
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


_LISTED = re.compile(
    r"[-lhcbp]\S{9} \S+ +\d+(?:,\d+)? \S+ \S+ (?P<path>.*?)(?: (?:->|link to) .*)?$"
)


def listed(deb: Path) -> Listed:
    """Look into a .deb; raises `QlumodError`."""
    try:
        with data_of(deb) as data:
            return _listed(data)
    except (ArError, tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, OSError):
        # What python-debian cannot unpack, dpkg knows, or says what is wrong with it.
        paths = _told_by_dpkg(deb)
    if any(map(tells_of_module, paths)):
        raise QlumodError(
            f"{deb}: cannot read what it says of its module",
            remedy="build it again with its data not compressed, or by gzip, xz or zstd",
        )
    return Listed(names=_lines(paths), texts={})


def listed_small(files: Mapping[str, bytes]) -> Listed:
    """The same of a small .deb, whose files are there."""
    found = {_plain(name): data for name, data in files.items()}
    texts = {path: data for path, data in found.items() if tells_of_module(path)}
    return Listed(names=_lines(found), texts=texts)


def _listed(data: tarfile.TarFile) -> Listed:
    paths: list[str] = []
    texts: dict[str, bytes] = {}
    for member in data:
        if not member.isdir():
            paths.append(path := _plain(member.name))
            if tells_of_module(path) and (file := data.extractfile(member)):
                texts[path] = file.read()
    return Listed(names=_lines(paths), texts=texts)


def _lines(paths: Iterable[str]) -> bytes:
    return "\n".join(sorted(paths)).encode(errors="surrogateescape")


def _told_by_dpkg(deb: Path) -> list[str]:
    listed = capture(command("dpkg-deb", "--contents", deb)).decode(errors="replace")
    found = (_LISTED.match(line) for line in listed.splitlines())
    return [_plain(line["path"]) for line in found if line]


def _plain(path: str) -> str:
    return path.removeprefix("./").lstrip("/").replace("\n", "\\n")
