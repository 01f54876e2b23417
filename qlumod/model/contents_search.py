"""Finding packages and paths in the contents files of a module, without parsing every line; pure.

A file of contents may have 20,000 lines, and a head node 100 of such files.
"""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from qlumod.model.contents import (
    PackageLine,
    PathLine,
    escaped,
    parse_contents,
    parse_packages,
    unescaped,
)

_WHITEOUT = re.compile(rb"^w\t[^\n]*\t(/[^\t\n]*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PathFound:
    """What a layer says of a path."""

    line: PathLine | None = None
    """Its line in the contents; None: the layer does not have the path."""
    hidden: bool = False
    """Whether the layer hides the path of the layers below, by a whiteout of it or of a directory
    above it."""


def path_in_contents(data: bytes, asked: str, path: str) -> PathFound:
    """Look up the path `asked` in the bytes of a contents file; `path` names it for errors.

    Raises `QlumodError` if the line of that path cannot be parsed.
    """
    line = _line_ending_in(data, b"\t" + _encoded(asked) + b"\n")
    found = parse_contents(line.decode("utf-8", "replace"), path)[0] if line else None
    if found and found.type == "w":
        return PathFound(hidden=True)
    return PathFound(line=found, hidden=found is None and _lies_below(asked, whiteouts(data)))


def whiteouts(data: bytes) -> frozenset[str]:
    """The paths of the layers below that a layer hides."""
    if not data.startswith(b"w\t") and b"\nw\t" not in data:
        return frozenset()
    found = _WHITEOUT.findall(data)
    return frozenset(unescaped(path.decode("utf-8", "replace")) for path in found)


def packages_in_list(data: bytes, pattern: str, path: str) -> tuple[PackageLine, ...]:
    """The packages whose names match a pattern of fnmatch(3), in the bytes of a package list.

    Raises `QlumodError` if one of their lines cannot be parsed; `path` names the file for it.
    """
    lines = (line.decode("utf-8", "replace") for line in data.split(b"\n"))
    asked = (line for line in lines if fnmatchcase(line.partition("\t")[0], pattern))
    return parse_packages("".join(f"{line}\n" for line in asked if line), path)


def _lies_below(path: str, directories: frozenset[str]) -> bool:
    parts = path.split("/")
    return any("/".join(parts[:count]) in directories for count in range(2, len(parts)))


def _line_ending_in(data: bytes, end: bytes) -> bytes:
    place = data.find(end)
    if place < 0:
        return b""
    return data[data.rfind(b"\n", 0, place) + 1 : place + len(end)]


def _encoded(path: str) -> bytes:
    return escaped(path).encode("utf-8", "surrogatepass")
