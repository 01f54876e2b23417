"""A part of a file to search: the whole file, a member of an archive, or a decoded string."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from qlumod.secrets.ceilings import Attempts, attempts
from qlumod.secrets.found import Found


@dataclass(frozen=True, kw_only=True)
class Part:
    """Bytes to search, with their place in the file and their name."""

    path: str
    """The absolute path of the file."""
    data: bytes
    name: str = ""
    """The path of a member, for readers that use names; if empty, the path of the file counts."""
    where: str = ""
    """The place of this part in the file; empty for the file itself."""
    depth: int = 0
    whole: bool = True
    """Whether the part is a whole file or member, not a decoded piece."""

    @cached_property
    def lower(self) -> bytes:
        """The bytes in lower case."""
        return self.data.lower()

    @cached_property
    def is_text(self) -> bool:
        """Whether the bytes look like text."""
        return looks_like_text(self.data)

    @cached_property
    def attempts(self) -> Attempts:
        """The remaining regex attempts for this part."""
        return attempts(len(self.data))

    @cached_property
    def _known(self) -> dict[bytes, tuple[int, ...]]:
        return {}

    def places(self, word: bytes) -> tuple[int, ...]:
        """The positions of a lower-case word, found in any case; cached."""
        known = self._known.get(word)
        if known is None:
            known = self._known[word] = tuple(places(self.lower, word))
        return known

    @property
    def called(self) -> str:
        """The path by which readers match file names."""
        return self.name or self.path

    def inner(self, name: str, what: str, data: bytes, *, whole: bool = True) -> "Part":
        """A part in this one, with a name and a text for places (``x in the archive``)."""
        what = "".join(sign if sign.isprintable() else "?" for sign in what[:_LONGEST_NAME])
        where = f"{self.where}, {what}" if self.where else what
        return Part(
            path=self.path, name=name, where=where, data=data, depth=self.depth + 1, whole=whole
        )

    def at(self, position: int) -> str:
        """The place of a position, as text for people: the line, if the part is text."""
        if not self.is_text:
            return self.where
        line = f"line {self.data.count(NEWLINE, 0, position) + 1}"
        return f"{self.where}, {line}" if self.where else line

    def holds(self, kind: str, *, private: bool = False, at: int | None = None) -> Found:
        """A secret that was found in this part."""
        where = self.where if at is None else self.at(at)
        return Found(kind=kind, private=private, where=where)


NEWLINE = b"\n"
_LONGEST_NAME = 200
_TEXTUAL = bytes(byte for byte in range(256) if byte >= 0x20 or byte in b"\t\n\r\f\v\x1b\x08")


def looks_like_text(data: bytes) -> bool:
    """Whether there are no zero bytes, and no binary control characters at the start."""
    return not data[:8192].translate(None, _TEXTUAL) and b"\0" not in data


Reader = Callable[[Part], Iterator[Found]]
"""Finds the secrets of some kinds in a part."""


def places(data: bytes, word: bytes, start: int = 0) -> Iterator[int]:
    """The positions of a word."""
    at = data.find(word, start)
    while at >= 0:
        yield at
        at = data.find(word, at + len(word))
