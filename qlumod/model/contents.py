"""The contents files: the packages and the files of a module, one line each.

Their names are Qlustar's published ones; the line formats are qlumod's own (docs/formats.md).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from qlumod.errors import QlumodError
from qlumod.model.names import Digest, ModuleName, digest
from qlumod.model.numbers import number, octal

if TYPE_CHECKING:
    from qlumod.model.lock import LockedPackage

_T = TypeVar("_T")

TYPES = "fdlhcbpw"
"""The types of paths, one letter each; see `PathLine.type`."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class PackageLine:
    """A line of ``<module>.packages.version``: six fields, separated by one tab, sorted."""

    package: str
    version: str
    architecture: str
    source: str
    sha256: Digest
    archive: str

    @property
    def whole_source(self) -> str:
        """The source with its version, even if the package has the same: ``munge (0.5.15-2)``."""
        return self.source if "(" in self.source else f"{self.source} ({self.version})"

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
    """``user:group``, by name if the accounts have it, otherwise by number."""
    size: int
    digest: str
    """SHA-256 of a file's bytes; for links the target, escaped like a path; else ``-``."""
    origin: str
    """The package that owns it, or the generator that made it as ``<generator>``."""
    path: str
    """Absolute and canonical (usr-merged)."""

    def __str__(self) -> str:
        fields = (self.type, f"{self.mode:04o}", self.owner, str(self.size), escaped(self.digest))
        return "\t".join((*fields, self.origin, escaped(self.path)))


_ESCAPES = {
    ord("\\"): "\\\\",
    **{code: f"\\x{code:02x}" for code in (*range(0x20), 0x7F)},
    **{0xDC00 + byte: f"\\x{byte:02x}" for byte in range(0x80, 0x100)},
}
"""A table for str.translate, which is fast enough for tens of thousands of paths."""


def escaped(path: str) -> str:
    """Escape a path so that it stays on one line and in one field (surrogates stand for bytes)."""
    return path.translate(_ESCAPES)


def package_lines(packages: "Iterable[LockedPackage]") -> tuple[PackageLine, ...]:
    """A line for each package of a module."""
    return tuple(
        PackageLine(
            package=package.package,
            version=package.version,
            architecture=package.architecture,
            source=package.source,
            sha256=package.sha256,
            archive=package.archive,
        )
        for package in packages
    )


def packages_text(lines: tuple[PackageLine, ...]) -> str:
    """The whole ``<module>.packages.version`` file."""
    return "".join(f"{line}\n" for line in sorted(lines))


def contents_text(module: ModuleName, lines: tuple[PathLine, ...]) -> str:
    """The whole ``<module>.contents`` file, sorted by path."""
    del module
    return "".join(f"{line}\n" for line in sorted(lines, key=lambda line: line.path))


def unescaped(text: str) -> str:
    """The inverse of `escaped`; raises `QlumodError`."""
    return _ESCAPE.sub(_unescaped, text)


def parse_packages(text: str, path: str) -> tuple[PackageLine, ...]:
    """Read a ``<module>.packages.version`` file; raises `QlumodError` with the line."""
    return _lines(text, path, _package_line)


def parse_contents(text: str, path: str) -> tuple[PathLine, ...]:
    """Read a ``<module>.contents`` file; raises `QlumodError` with the line."""
    return _lines(text, path, _path_line)


_ESCAPE = re.compile(r"\\(\\|x[0-9a-f]{2}|.?)", re.DOTALL)


def _unescaped(found: re.Match[str]) -> str:
    what = found[1]
    if what == "\\":
        return what
    code = int(what[1:], 16) if len(what) == 3 else 0x20
    if 0x20 <= code < 0x7F:
        raise QlumodError(f"{found[0]!r} is no escape: they are '\\\\' and '\\xNN'")
    return chr(code + 0xDC00 if code >= 0x80 else code)


def _lines(text: str, path: str, parse: Callable[[str], _T]) -> tuple[_T, ...]:
    if text and not text.endswith("\n"):
        raise QlumodError(f"{path}: the last line is not ended: the file was cut off")
    return tuple(
        _line(line, f"{path}:{number}", parse)
        for number, line in enumerate(text.split("\n")[:-1], 1)
    )


def _line(line: str, where: str, parse: Callable[[str], _T]) -> _T:
    try:
        return parse(line)
    except QlumodError as fault:
        raise QlumodError(f"{where}: {fault.brief}") from fault


def _package_line(line: str) -> PackageLine:
    package, version, architecture, source, sha256, archive = _split(line, 6)
    return PackageLine(
        package=package,
        version=version,
        architecture=architecture,
        source=source,
        sha256=digest(sha256),
        archive=archive,
    )


def _path_line(line: str) -> PathLine:
    type_, mode, owner, size, content, origin, path = _split(line, 7)
    if len(type_) != 1 or type_ not in TYPES:
        raise QlumodError(f"{type_!r} is no type of path: they are {', '.join(TYPES)}")
    if not re.fullmatch(r"[0-7]{4}", mode) or not re.fullmatch(r"0|[1-9][0-9]*", size):
        raise QlumodError(f"{mode!r} and {size!r} are not a mode in octal and a size")
    return PathLine(
        type=type_,
        mode=octal(mode),
        owner=owner,
        size=number(size),
        digest=unescaped(content),
        origin=origin,
        path=unescaped(path),
    )


def _split(line: str, count: int) -> list[str]:
    fields = line.split("\t")
    if len(fields) != count:
        raise QlumodError(f"the line has {len(fields)} fields separated by tabs, not {count}")
    return fields
