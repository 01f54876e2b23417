"""The hash tables of GLib and dconf (gvdb-format.h): their values as settings."""

import struct
from collections.abc import Iterator

from qlumod.secrets.ceilings import DEPTH, Budget
from qlumod.secrets.part import Part

_MAGIC = b"GVariant"
_ROOT, _ITEM = struct.Struct("<8xIIII"), struct.Struct("<4sIIHccII")
_TABLE, _VALUE = b"H", b"v"
_WORDS = 0x07FFFFFF
"""The bits of a table's first number that are the word count of its Bloom filter."""


def gvdb_settings(part: Part, budget: Budget) -> Iterator[Part]:
    """The text values, one line ``key="value"`` each."""
    if not part.data.startswith(_MAGIC):
        return
    try:
        *_, start, end = _ROOT.unpack_from(part.data)
        text = b"\n".join(_lines(part.data, start, end, budget))
    except (struct.error, ValueError):
        budget.skip(part.where, "it is a damaged database of GVariant")
        text = _readable(part.data)
    budget.member(len(text))
    yield part.inner(part.called, "a value", b"\n" + text, whole=False)


def _lines(data: bytes, start: int, end: int, budget: Budget, depth: int = 0) -> Iterator[bytes]:
    """The settings of a table, and of its nested tables."""
    table = _slice(data, start, end)
    words, buckets = struct.unpack_from("<II", table)
    first = 8 + 4 * (words & _WORDS) + 4 * buckets
    for at in range(first, len(table), _ITEM.size):
        budget.member(0)
        _, _, key, size, kind, _, begin, finish = _ITEM.unpack_from(table, at)
        if kind == _TABLE and depth < DEPTH:
            yield from _lines(data, begin, finish, budget, depth + 1)
        elif kind == _VALUE:
            value, _, form = _slice(data, begin, finish).rpartition(b"\0")
            words_of_it = _readable(value) if b"s" in form else b""
            yield b"%s=%s" % (_slice(data, key, key + size), words_of_it and b'"%s"' % words_of_it)


def _slice(data: bytes, start: int, end: int) -> bytes:
    if not start <= end <= len(data):
        raise ValueError
    return data[start:end]


def _readable(data: bytes) -> bytes:
    """The printable words in bytes, joined by equals signs."""
    shown = bytes(byte if 0x20 <= byte < 0x7F else 0 for byte in data)
    return b"=".join(word for word in shown.split(b"\0") if word)
