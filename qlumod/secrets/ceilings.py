"""How much work looking at one file may be; there is no clock, so that equal bytes tell equally."""

from dataclasses import dataclass, field

UNPACKED = 512 << 20
"""Bytes that all the parts of one file may have together, once unpacked."""
UNPACKED_AT_LEAST, UNPACKED_A_BYTE = 8 << 20, 30
"""A small file may unpack to so much, and each of its bytes to so many more: ends bombs early."""
MEMBERS = 20_000
"""Parts that one file may have, on all levels together."""
DEPTH = 6
"""Containers within containers."""
ATTEMPTS, ATTEMPTS_AT_LEAST = 100_000, 20_000
"""Expressions tried at places that a word made suspicious: for each MiB of a part, and for any.

One of them takes some 5 µs; those that take longer count as several.
"""


class Exhausted(Exception):
    """A ceiling was met; the text says which."""


@dataclass(slots=True)
class Budget:
    """What may still be done for one file. Budgets are the only thing here that changes."""

    unpacked: int
    members: int = MEMBERS
    unread: list[tuple[str, str]] = field(default_factory=list)
    """Where and why something was not looked into."""

    def member(self, size: int, members: int = 1) -> None:
        """So many more parts, of so many bytes together; raises `Exhausted`."""
        self.members -= members
        self.unpacked -= size
        if self.members < 0:
            raise Exhausted(f"there are more than {MEMBERS} members in it")
        if self.unpacked < 0:
            raise Exhausted("it unpacks to too much")

    def skip(self, where: str, why: str) -> None:
        """Remember what is not looked into, once."""
        if (where, why) not in self.unread:
            self.unread.append((where, why))


def budget_for(size: int) -> Budget:
    """What looking at a file of so many bytes may take."""
    return Budget(unpacked=min(UNPACKED, UNPACKED_AT_LEAST + UNPACKED_A_BYTE * size))


@dataclass(slots=True)
class Attempts:
    """How often expressions may still be tried within one part."""

    left: int

    def spend(self, count: int = 1) -> None:
        """Try that often; raises `Exhausted`."""
        self.left -= count
        if self.left < 0:
            raise Exhausted("it has too many places that look as if a secret followed")


def attempts(size: int) -> Attempts:
    """What a part of so many bytes is allowed."""
    return Attempts(ATTEMPTS_AT_LEAST + (ATTEMPTS * size >> 20))
