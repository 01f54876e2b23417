"""Fast search for long runs of characters of one alphabet: nearly all secrets in texts are such."""

import string
from collections.abc import Iterator
from math import log2

_INSIDE, _OUTSIDE = b"a", b" "


def alphabet(characters: str) -> bytes:
    """The table of an alphabet for `runs`."""
    inside = frozenset(characters.encode())
    return bytes(ord(_INSIDE) if byte in inside else ord(_OUTSIDE) for byte in range(256))


_LETTERS = string.ascii_letters + string.digits
TOKEN = alphabet(f"{_LETTERS}-+=~")
"""The characters of tokens, without ``/``, ``.`` and ``_``, which paths and names often have."""
BASE64 = alphabet(f"{_LETTERS}+/")


def runs(data: bytes, table: bytes, length: int) -> Iterator[tuple[int, int]]:
    """Start and end of each run of at least `length` bytes of an alphabet."""
    mapped = data.translate(table)
    needle = _INSIDE * length
    start = mapped.find(needle)
    while start >= 0:
        end = mapped.find(_OUTSIDE, start + length)
        end = len(data) if end < 0 else end
        yield start, end
        start = mapped.find(needle, end)


def entropy(text: bytes) -> float:
    """Shannon's entropy in bits per byte, computed as in gitleaks."""
    counts = (text.count(byte) for byte in frozenset(text))
    return -sum(count / len(text) * log2(count / len(text)) for count in counts)
