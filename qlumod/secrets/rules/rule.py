"""The detection rule for one kind of token."""

import re
from dataclasses import dataclass
from functools import cache

from qlumod.secrets.runs import entropy


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionRule:
    """A rule for one kind of token. Regular expressions are compiled on first use."""

    title: str
    """The name of the kind, with an article."""
    keywords: tuple[bytes, ...]
    """Lower-case words, one of which is in or before each match."""
    regex: bytes
    entropy: float = 0.0
    """The secret must have more bits per byte than this."""
    group: int = 0
    """The group of the secret; 0: the first group that matched, else the whole match."""
    allow: tuple[bytes, ...] = ()
    """Regular expressions for matches that are no secrets."""
    private: bool = False
    """Whether the token is a private key."""

    def begins_with(self, word: bytes) -> bool:
        """Whether each match begins with that keyword, so that no search is needed."""
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
        """Whether a secret is random enough and not allowed by the rule."""
        random = not self.entropy or entropy(secret) > self.entropy
        return random and not any(compiled(regex).search(secret) for regex in self.allow)


_HEAD = re.compile(rb"(?:\(\?-?i:|\(\?:|\(|\\b)*(?P<head>[\w|-]*)")
"""The words at the start of a regex, after groups and boundaries."""


@cache
def compiled(regex: bytes) -> re.Pattern[bytes]:
    """The compiled expression, cached."""
    return re.compile(regex)
