"""What one kind of token looks like."""

import re
from dataclasses import dataclass
from functools import cache

from qlumod.secrets.runs import entropy


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionRule:
    """What one kind of token looks like. Expressions are compiled when they are first used."""

    title: str
    """What it is called, with its article."""
    keywords: tuple[bytes, ...]
    """Words in small letters, one of which stands in or before each match."""
    regex: bytes
    entropy: float = 0.0
    """The least bits a byte that the secret must have more than."""
    group: int = 0
    """The group that is the secret; 0: the first that matched, else all of it."""
    allow: tuple[bytes, ...] = ()
    """What is no secret, though it looks like one."""
    private: bool = False
    """Whether it is a private key."""

    def begins_with(self, word: bytes) -> bool:
        """Whether each match begins where that keyword does, so that nothing need be searched."""
        found = _HEAD.match(self.regex)
        heads = found["head"].lower().split(b"|") if found else []
        return any(head and (head.startswith(word) or word.startswith(head)) for head in heads)

    def secret_of(self, match: re.Match[bytes]) -> bytes:
        """The part of a match that is the secret."""
        if self.group:
            named: bytes | None = match[self.group]
            return named or b""
        return next((group for group in match.groups() if group), match[0] or b"")

    def accepts(self, secret: bytes) -> bool:
        """Whether it is random enough, and none that the rule knows to be harmless."""
        random = not self.entropy or entropy(secret) > self.entropy
        return random and not any(compiled(regex).search(secret) for regex in self.allow)


_HEAD = re.compile(rb"(?:\(\?-?i:|\(\?:|\(|\\b)*(?P<head>[\w|-]*)")
"""The words that a regex begins with, behind groups and boundaries."""


@cache
def compiled(regex: bytes) -> re.Pattern[bytes]:
    """The expression, compiled once."""
    return re.compile(regex)
