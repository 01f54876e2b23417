"""The contents files: which packages and which files a module holds, one line each.

Their names are Qlustar's published ones; the line formats are qlumod's own choice (docs/formats.md).
"""

from dataclasses import dataclass

from qlumod.model.names import Digest, ModuleName


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class PackageLine:
    """A line of ``<module>.packages.version``: six fields, separated by one tab, sorted."""

    package: str
    version: str
    architecture: str
    source: str
    sha256: Digest
    archive: str

    def __str__(self) -> str:
        return "\t".join(
            (self.package, self.version, self.architecture, self.source, self.sha256, self.archive)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PathLine:
    """A line of ``<module>.contents``: one path of the layer; seven fields separated by one tab.

    ``type mode owner:group size digest origin path``; the path comes last, escaped as in
    C (backslash, tab, newline, non-UTF-8 bytes as ``\\xNN``).
    """

    type: str
    """``f`` file, ``d`` directory, ``l`` symbolic link, ``h`` hard link to an earlier path,
    ``c`` and ``b`` devices, ``p`` fifo, ``w`` whiteout (hides a path of a layer below)."""
    mode: int
    owner: str
    """``user:group``, by name where the accounts know it, else by number."""
    size: int
    digest: str
    """SHA-256 of a file's bytes; for links the target; else ``-``."""
    origin: str
    """The package that owns it, or the generator that made it as ``<generator>``."""
    path: str
    """Absolute and canonical (usr-merged)."""

    def __str__(self) -> str:
        fields = (self.type, f"{self.mode:04o}", self.owner, str(self.size), self.digest)
        return "\t".join((*fields, self.origin, escaped(self.path)))


def escaped(path: str) -> str:
    """Escape a path so that it stays on one line and in one field (surrogates stand for bytes)."""
    out = []
    for char in path:
        code = ord(char)
        if char == "\\":
            out.append("\\\\")
        elif code < 0x20 or code == 0x7F:
            out.append(f"\\x{code:02x}")
        elif 0xDC80 <= code <= 0xDCFF:
            out.append(f"\\x{code - 0xDC00:02x}")
        else:
            out.append(char)
    return "".join(out)


def packages_text(lines: tuple[PackageLine, ...]) -> str:
    """The whole ``<module>.packages.version`` file."""
    return "".join(f"{line}\n" for line in sorted(lines))


def contents_text(module: ModuleName, lines: tuple[PathLine, ...]) -> str:
    """The whole ``<module>.contents`` file, sorted by path."""
    del module
    return "".join(f"{line}\n" for line in sorted(lines, key=lambda line: line.path))
