"""What a kind of state is: files that packages share at run time, and one pure rule for them."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from qlumod.errors import QlumodError
from qlumod.model.names import ModuleName

T = TypeVar("T")

_MERGED = re.compile(r"/(bin|sbin|lib|lib32|lib64|libx32)(?=/|\Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class StateFile:
    """One file of shared state, as it lies or is to be written."""

    data: bytes
    """The bytes of a regular file, or the target of a symbolic link."""
    mode: int = 0o644
    user: str = "root"
    group: str = "root"
    link: bool = False


Files = Mapping[str, StateFile]
"""Files by absolute canonical path."""

Fragments = Sequence[tuple[ModuleName, bytes]]
"""What each module of a stack added to one kind of state, lowest module first."""


class Kind(Protocol):
    """Shared state whose files are taken apart at the build and put together in a stack.

    A file that a kind claims is never in a layer. `name` is the fragment's file name in a
    payload's ``state/`` directory.
    """

    @property
    def name(self) -> str:
        """One word, such as ``accounts``."""

    @property
    def patterns(self) -> tuple[str, ...]:
        """Where its files lie: absolute canonical paths; ``*`` matches within one name only."""

    @property
    def targets(self) -> tuple[str, ...]:
        """It claims symbolic links anywhere that point to one of these, too (patterns as above).

        They need not be read for `capture`.
        """

    def claims(self, path: str, target: str = "") -> bool:
        """Whether the file at that path belongs to this kind (never a whole directory).

        `target` is a symbolic link's; some kinds claim only links, and some by where they point.
        """

    def capture(self, below: Files, above: Files) -> bytes:
        """What a build added: `below` before apt ran and before seeding, `above` after it.

        Both hold the files of all kinds, since some tell about others. Returns the fragment, a
        text; empty where nothing was added. Raises `QlumodError` where something was changed
        that a module must not change.
        """

    def merge(self, fragments: Fragments) -> Files:
        """The files of a stack; raises `QlumodError` naming path and modules on a conflict."""

    def canonical(self, files: Files) -> Mapping[str, bytes]:
        """A form of the files in which equal state has equal bytes, by path.

        Order of entries, ids of accounts and dates are not in it. `files` may hold those of
        other kinds.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """Paths that are never in a layer and never in a stack, and why."""

    name: str
    patterns: tuple[str, ...] = ()
    """Absolute paths; ``*`` matches within one name; a leading ``**/`` stands for any directory."""
    trees: tuple[str, ...] = ()
    """Directories of which everything below is dropped (not they themselves): only such as are a
    file system of their own on a node."""
    directories: tuple[str, ...] = ()
    """Directories that are dropped themselves."""
    reason: str

    def claims(self, path: str, target: str = "") -> bool:
        """Whether the path is one of these."""
        del target
        return matches_any(path, self.patterns) or self.claims_directory(path)

    def claims_directory(self, path: str) -> bool:
        """Whether even a directory of that name is one of these."""
        return path in self.directories or any(path.startswith(f"{tree}/") for tree in self.trees)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """Files that a program makes from other files, wherever they came from.

    A cache stays in the layer that made it last, as long as all layers that make it stand upon each
    other (the upper one's was made from all the inputs). Where two modules that do not require
    each other made it, `commands` make it again in the stack. `always`: it is never taken from a
    layer and always made again (small caches).
    """

    name: str
    patterns: tuple[str, ...]
    """Absolute paths of its files; ``*`` matches within one name only."""
    command: tuple[str, ...]
    """Run in the stack's root; the program is an absolute canonical path, in which ``*`` stands for
    a name (the first that is there). ``{}`` stands for what the first ``*`` of the pattern matched:
    see `commands`."""
    always: bool = False
    leaves: tuple[str, ...] = ()
    """Files that the command writes besides, and that no stack keeps."""

    def claims(self, path: str, target: str = "") -> bool:
        """Whether the path is a file of this cache."""
        del target
        return matches_any(path, self.patterns)

    def commands(self, paths: Iterable[str]) -> tuple[tuple[str, ...], ...]:
        """The calls that make the cache anew, given its files in the layers of the stack, sorted.

        One call unless the command says ``{}`` (one per kernel, icon theme or architecture).
        """
        if not any("{}" in word for word in self.command):
            return (self.command,)
        matched = {matched_by(path, pattern) for path in paths for pattern in self.patterns}
        return tuple(
            tuple(word.replace("{}", name) for word in self.command)
            for name in sorted(matched - {None, ""}, key=str)
            if name
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """A file that is never taken from a layer and the same in every stack, and why."""

    name: str
    path: str
    file: StateFile
    reason: str

    @property
    def patterns(self) -> tuple[str, ...]:
        """Its path."""
        return (self.path,)

    def claims(self, path: str, target: str = "") -> bool:
        """Whether it is this file."""
        del target
        return path == self.path


Rule = Kind | Cache | Dropped | Fixed


def matches_any(path: str, patterns: Sequence[str]) -> bool:
    """Whether a path matches one of the patterns; see `matched_by`."""
    return any(matched_by(path, pattern) is not None for pattern in patterns)


def any_of(patterns: Iterable[str], trees: Iterable[str] = ()) -> re.Pattern[str]:
    """One regular expression for many patterns and for all below many directories."""
    below = (f"{re.escape(tree)}/.*" for tree in trees)
    return re.compile("|".join((*map(_expression, patterns), *below, "(?!)")), re.DOTALL)


def matched_by(path: str, pattern: str) -> str | None:
    """What the first ``*`` of a pattern matched in a path (empty where it has none), else None.

    ``*`` stays within one name; a leading ``**/`` stands for any directory.
    """
    if "*" not in pattern:
        return "" if path == pattern else None
    # re keeps the compiled forms.
    found = re.compile(_expression(pattern)).fullmatch(path)
    if not found:
        return None
    return found.group(1) if found.re.groups else ""


def _expression(pattern: str) -> str:
    # Only ``*`` is special, so that brackets in names mean themselves.
    anywhere = pattern.startswith("**/")
    rest = "([^/]*)".join(re.escape(part) for part in pattern.removeprefix("**/").split("*"))
    return f"(?:.*/){rest}" if anywhere else rest


def canonical_path(path: str) -> str:
    """The path on a merged /usr: ``/lib/udev`` is ``/usr/lib/udev``."""
    return _MERGED.sub(r"/usr/\1", path, count=1) if _MERGED.match(path) else path


def is_path(text: str) -> bool:
    """Whether it is an absolute path that leads to where it says."""
    return text.startswith("/") and ".." not in text.split("/")


def text_of(files: Files, path: str) -> str:
    """The text of a file, empty where there is none; surrogates stand for bytes beyond UTF-8."""
    file = files.get(path)
    return decoded_lines(file.data) if file and not file.link else ""


class Malformed(QlumodError):
    """A line of shared state is not of its form; `found_in` says of which file it is.

    What the line says is not told: it may be a password.
    """

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"line {line}: {what}", remedy=_REMEDY)
        self.line = line
        self.what = what

    def found_in(self, where: str) -> QlumodError:
        """The error that names file and line."""
        return QlumodError(f"{where}:{self.line}: {self.what}", remedy=_REMEDY)


_REMEDY = "see which package writes that, and have it mended or leave it out"


def parsed(where: str, text: str, parse: Callable[[str], T]) -> T:
    """What is made of a text; raises an error that names the file where it is malformed."""
    try:
        return parse(text)
    except Malformed as fault:
        raise fault.found_in(where) from None
    except QlumodError as fault:
        raise QlumodError(f"{where}: {fault.brief}", remedy=fault.remedy or _REMEDY) from fault


def decoded_lines(data: bytes) -> str:
    """Bytes as text; surrogates stand for bytes that are not UTF-8."""
    return data.decode("utf-8", "surrogateescape")


def encoded(text: str) -> bytes:
    """The bytes again."""
    return text.encode("utf-8", "surrogateescape")
