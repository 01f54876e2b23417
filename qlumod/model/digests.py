"""Digests of values: each part is framed by its length, so different values differ."""

import hashlib
from collections.abc import Mapping, Sequence

from qlumod.model.names import Digest

Value = str | bytes | int | None | Sequence["Value"] | Mapping[str, "Value"]


def digest_bytes(data: bytes) -> Digest:
    """Digest the bytes as they are."""
    return Digest(hashlib.sha256(data).hexdigest())


def digest_value(value: Value) -> Digest:
    """Digest a nested value of texts, bytes, numbers, sequences and mappings (sorted by key)."""
    return digest_bytes(_frame(value))


def _frame(value: Value) -> bytes:
    match value:
        case None:
            return b"n0:"
        case bytes():
            return b"b%d:%b" % (len(value), value)
        case str():
            data = value.encode()
            return b"s%d:%b" % (len(data), data)
        case int():
            return b"i%d:" % value
        case Mapping():
            pairs = b"".join(_frame(key) + _frame(value[key]) for key in sorted(value))
            return b"m%d:%b" % (len(value), pairs)
        case Sequence():
            return b"l%d:%b" % (len(value), b"".join(_frame(item) for item in value))
