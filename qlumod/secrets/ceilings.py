"""Limits of the work for one file; they are not times, so that equal bytes give equal results."""

from dataclasses import dataclass, field

UNPACKED = 512 << 20
"""The maximum unpacked bytes of all parts of one file together."""
UNPACKED_AT_LEAST, UNPACKED_A_BYTE = 8 << 20, 30
"""The unpacked bytes allowed for any file, and further ones per byte of the file: this stops
decompression bombs early."""
MEMBERS = 20_000
"""The maximum number of parts of one file, on all levels together."""
DEPTH = 6
"""The maximum depth of nested containers."""
ATTEMPTS, ATTEMPTS_AT_LEAST = 100_000, 20_000
"""The maximum number of regex attempts at suspicious words: per MiB of a part, and for any part.

An attempt takes about 5 µs; a longer one counts as several.
"""


class Exhausted(Exception):
    """A limit was reached; the text names it."""


@dataclass(slots=True)
class Budget:
    """The remaining work for one file. It is mutable, in contrast to all other values here."""

    unpacked: int
    members: int = MEMBERS
    unread: list[tuple[str, str]] = field(default_factory=list)
    """The place of each part that was not searched, and the reason."""

    def member(self, size: int, members: int = 1) -> None:
        """Count further parts with a total size; raises `Exhausted`."""
        self.members -= members
        self.unpacked -= size
        if self.members < 0:
            raise Exhausted(f"there are more than {MEMBERS} members in it")
        if self.unpacked < 0:
            raise Exhausted("it unpacks to too much")

    def skip(self, where: str, why: str) -> None:
        """Record a place that is not searched, once."""
        if (where, why) not in self.unread:
            self.unread.append((where, why))


def budget_for(size: int) -> Budget:
    """The budget for a file of a size."""
    return Budget(unpacked=min(UNPACKED, UNPACKED_AT_LEAST + UNPACKED_A_BYTE * size))


@dataclass(slots=True)
class Attempts:
    """The remaining regex attempts for one part."""

    left: int

    def spend(self, count: int = 1) -> None:
        """Count attempts; raises `Exhausted`."""
        self.left -= count
        if self.left < 0:
            raise Exhausted("it has too many places that look as if a secret followed")


def attempts(size: int) -> Attempts:
    """The attempts for a part of a size."""
    return Attempts(ATTEMPTS_AT_LEAST + (ATTEMPTS * size >> 20))
