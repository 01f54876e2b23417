"""Kinds of state: files that packages share at run time, with one pure rule per kind."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeVar

from qlumod.errors import QlumodError
from qlumod.model.names import ModuleName

T = TypeVar("T")

_MERGED = re.compile(r"/(bin|sbin|lib|lib32|lib64|libx32)(?=/|\Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class StateFile:
    """One file of shared state, as read from a root or to be written."""

    data: bytes
    """The bytes of a regular file, or the target of a symbolic link."""
    mode: int = 0o644
    user: str = "root"
    group: str = "root"
    link: bool = False


Files = Mapping[str, StateFile]
"""Files by absolute canonical path."""

Fragments = Sequence[tuple[ModuleName, bytes]]
"""The fragments of the modules of a stack for one kind of state, lowest module first."""


class Kind(Protocol):
    """Shared state whose files a build splits into fragments and a stack merges again.

    A layer never has a file that a kind claims. `name` is the fragment's file name in the
    ``state/`` directory of a payload.
    """

    @property
    def name(self) -> str:
        """One word, such as ``accounts``."""

    @property
    def patterns(self) -> tuple[str, ...]:
        """The absolute canonical paths of its files; ``*`` matches within one name only."""

    @property
    def targets(self) -> tuple[str, ...]:
        """Patterns of link targets: the kind also claims each symbolic link to one of these.

        `capture` does not need these links.
        """

    def claims(self, path: str, target: str = "") -> bool:
        """Whether the file at that path belongs to this kind (never a whole directory).

        `target` is the target of a symbolic link; some kinds claim only links, some by the target.
        """

    def capture(self, below: Files, above: Files) -> bytes:
        """The fragment of a build: what it added to the state.

        `below` is the state before seeding and before apt ran, `above` the state after it. Both
        contain the files of all kinds, since some kinds need the files of others. Returns a text,
        empty if nothing was added. Raises `QlumodError` if the build made a change that a module
        must not make.
        """

    def merge(self, fragments: Fragments) -> Files:
        """The files of a stack; on a conflict, raises `QlumodError` with path and modules."""

    def canonical(self, files: Files) -> Mapping[str, bytes]:
        """The canonical form of each file, by path: equal state has equal bytes.

        It does not contain the order of entries, ids of accounts, and dates. `files` may contain
        files of other kinds.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """Paths that no layer and no stack has, and the reason."""

    name: str
    patterns: tuple[str, ...] = ()
    """Absolute paths; ``*`` matches within one name; a leading ``**/`` matches any directory."""
    trees: tuple[str, ...] = ()
    """Directories whose whole content is dropped, but not the directory: only directories that are
    separate file systems on a node."""
    directories: tuple[str, ...] = ()
    """Directories that are dropped."""
    reason: str

    def claims(self, path: str, target: str = "") -> bool:
        """Whether the path is dropped."""
        del target
        return matches_any(path, self.patterns) or self.claims_directory(path)

    def claims_directory(self, path: str) -> bool:
        """Whether a directory of that path is dropped."""
        return path in self.directories or any(path.startswith(f"{tree}/") for tree in self.trees)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """Files that a program generates from other files, of any package.

    A stack uses the cache of the uppermost layer that has it, if each layer that has it requires
    those below it (then the uppermost cache was generated from all inputs). If two modules have
    it and neither requires the other, `commands` generate it again in the stack. `always`: it is
    never taken from a layer and always generated again (small caches).
    """

    name: str
    patterns: tuple[str, ...]
    """The absolute paths of its files; ``*`` matches within one name only."""
    command: tuple[str, ...]
    """Run in the stack's root. The program is an absolute canonical path, in which ``*`` stands for
    one name (the first that exists). ``{}`` stands for the match of the first ``*`` of the pattern:
    see `commands`."""
    always: bool = False
    leaves: tuple[str, ...] = ()
    """Other files that the command writes; no stack keeps them."""

    def claims(self, path: str, target: str = "") -> bool:
        """Whether the path is a file of this cache."""
        del target
        return matches_any(path, self.patterns)

    def commands(self, paths: Iterable[str]) -> tuple[tuple[str, ...], ...]:
        """The sorted calls that generate the cache again; `paths` are its files in the layers.

        One call, unless the command contains ``{}`` (one per kernel, icon theme or architecture).
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
    """A file that is never taken from a layer and is equal in all stacks, and the reason."""

    name: str
    path: str
    file: StateFile
    reason: str

    @property
    def patterns(self) -> tuple[str, ...]:
        """The path of the file."""
        return (self.path,)

    def claims(self, path: str, target: str = "") -> bool:
        """Whether the path is this file."""
        del target
        return path == self.path


Rule = Kind | Cache | Dropped | Fixed


def matches_any(path: str, patterns: Sequence[str]) -> bool:
    """Whether a path matches one of the patterns; see `matched_by`."""
    return any(matched_by(path, pattern) is not None for pattern in patterns)


def any_of(patterns: Iterable[str], trees: Iterable[str] = ()) -> re.Pattern[str]:
    """One regular expression for patterns, and for all paths below the directories `trees`."""
    below = (f"{re.escape(tree)}/.*" for tree in trees)
    return re.compile("|".join((*map(_expression, patterns), *below, "(?!)")), re.DOTALL)


def matched_by(path: str, pattern: str) -> str | None:
    """The match of the first ``*`` of a pattern ("" without one); None if it does not match a path.

    ``*`` matches within one name; a leading ``**/`` matches any directory.
    """
    if "*" not in pattern:
        return "" if path == pattern else None
    found = _compiled(pattern).fullmatch(path)
    if not found:
        return None
    return found.group(1) if found.re.groups else ""


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    """The expression of a pattern; all paths of a root are compared with the same few."""
    return re.compile(_expression(pattern))


def _expression(pattern: str) -> str:
    # Only ``*`` is special, so that brackets in names are literal.
    anywhere = pattern.startswith("**/")
    rest = "([^/]*)".join(re.escape(part) for part in pattern.removeprefix("**/").split("*"))
    return f"(?:.*/){rest}" if anywhere else rest


def canonical_path(path: str) -> str:
    """The path on a merged /usr: ``/usr/lib/udev`` for ``/lib/udev``."""
    return _MERGED.sub(r"/usr/\1", path, count=1) if _MERGED.match(path) else path


def is_path(text: str) -> bool:
    """Whether a text is an absolute path without ``..``."""
    return text.startswith("/") and ".." not in text.split("/")


def text_of(files: Files, path: str) -> str:
    """The text of a file, "" if it is missing; surrogates stand for bytes that are not UTF-8."""
    file = files.get(path)
    return decoded_lines(file.data) if file and not file.link else ""


class Malformed(QlumodError):
    """A line of shared state is malformed; `found_in` adds the file's name.

    The error does not contain the line's text: it may be a password.
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
    """Parse a text; if it is malformed, raises an error that names the file."""
    try:
        return parse(text)
    except Malformed as fault:
        raise fault.found_in(where) from None
    except QlumodError as fault:
        raise QlumodError(f"{where}: {fault.brief}", remedy=fault.remedy or _REMEDY) from fault


def decoded_lines(data: bytes) -> str:
    """Decode bytes; surrogates stand for bytes that are not UTF-8."""
    return data.decode("utf-8", "surrogateescape")


def encoded(text: str) -> bytes:
    """The bytes of a text of `decoded_lines`."""
    return text.encode("utf-8", "surrogateescape")
