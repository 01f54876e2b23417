"""TeX's lists of the files in its trees (ls-R): mktexlsr lists only what exists."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from qlumod.model.difference import Difference
from qlumod.model.lines import lines_of
from qlumod.state.kind import Files, decoded_lines, encoded

_TREES = {
    "/var/lib/texmf/ls-R": "/var/lib/texmf",
    "/var/lib/texmf/ls-R-TEXLIVEDIST": "/usr/share/texlive/texmf-dist",
    "/var/lib/texmf/ls-R-TEXMFMAIN": "/usr/share/texmf",
}
"""The tree of each list. It has a link to the list (texlive-base)."""
_DOCUMENTATION = {
    "/usr/share/texlive/texmf-dist/doc": "/usr/share/doc/texlive-doc",
    "/usr/share/texmf/doc": "/usr/share/doc/texmf",
}
"""Links in the trees to directories; mktexlsr follows them."""
TEX_LISTS = tuple(_TREES)
"""The paths of the lists."""
TEX_TREES = tuple(_TREES.values())
"""The trees whose files they list."""


class TexLists:
    """The paths in the lists, each an entry of its own."""

    name = "tex-lists"

    def claims(self, path: str, target: str = "") -> bool:
        """Whether a path is such a list."""
        return not target and path in _TREES

    def canonical(self, files: Files) -> Mapping[str, bytes]:
        """The sorted absolute paths of a list."""
        return {
            path: encoded("".join(f"{one}\n" for one in sorted(_paths(path, file.data))))
            for path, file in files.items()
            if self.claims(path)
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfiled:
    """Left-out paths in TeX's lists."""

    name: str = "TeX file left out"
    why: str = "mktexlsr lists each file that is there"
    left_out: frozenset[str]

    def permits(self, difference: Difference) -> bool:
        """Whether the stack lacks the entry of a left-out path."""
        return (
            difference.lacks_entry
            and difference.path in _TREES
            and difference.reference in self.left_out
        )


def _paths(path: str, data: bytes) -> Iterator[str]:
    """The lines ``./directory:`` begin the names in that directory (kpathsea, section 5.4.2)."""
    tree = directory = _TREES[path]
    for line in lines_of(decoded_lines(data)):
        if line.startswith("./") and line.endswith(":"):
            directory = _real(f"{tree}/{line[2:-1]}".rstrip("/"))
        elif line and not line.startswith("%"):
            yield f"{directory}/{line}"


def _real(path: str) -> str:
    """A directory without the links in `_DOCUMENTATION`."""
    for link, target in _DOCUMENTATION.items():
        if path == link or path.startswith(f"{link}/"):
            return target + path.removeprefix(link)
    return path
