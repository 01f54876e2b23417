"""Encoded texts: UTF-16 and UTF-32, base64, hexadecimal digits."""

import binascii
import re
import string
from collections.abc import Iterator

from qlumod.secrets.ceilings import Budget, Exhausted
from qlumod.secrets.part import Part
from qlumod.secrets.runs import BASE64, alphabet, runs

_MARKS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_HEX = alphabet(string.hexdigits)
_PLAIN = string.printable.encode()
_LONGEST = 1 << 16
_MOST = 1000
"""The maximum number of encoded texts in one part."""
_SHORTEST_BASE64, _SHORTEST_HEX = 40, 96
_HEX_OF_KNOWN = (b"30", b"2d2d2d", b"2D2D2D", b"6f70656e", b"feed", b"95", b"1f8b")

_WRAPPED = re.compile(rb"[A-Za-z0-9+/]{16,}(?:(?:\\n|\r?\n)[ \t]*[A-Za-z0-9+/]+)*={0,2}")
_BREAKS = re.compile(rb"\\n|\s")
_KNOWN = (
    b"0\x82",
    b"0\x81",
    b"0\x2e\x02\x01",
    b"0\x77\x02\x01",
    b"0\x74\x02\x01",
    b"0\x53\x02\x01",
    b"0\x47\x02\x01",
    b"openssh-key-v1\0",
    b"\xfe\xed\xfe\xed",
    b"\xce\xce\xce\xce",
    b"\x05\x02\0\0",
    b"\x1f\x8b\x08",
    b"\xfd7zXZ\0",
    b"PK\x03\x04",
    b"BZh",
    b"\x28\xb5\x2f\xfd",
    b"\x03\xd9\xa2\x9a",
    b"SQLite format 3",
    b"(11:private-key(",
    b"(21:protected-private-key(",
)
"""The first bytes of decoded data that a reader knows."""


def wide_text(part: Part, budget: Budget) -> Iterator[Part]:
    """A text in UTF-16 or UTF-32, converted to UTF-8."""
    codec = next((codec for mark, codec in _MARKS if part.data.startswith(mark)), "")
    codec = codec or _unmarked(part.data[:512])
    if not codec:
        return
    text = part.data.decode(codec, "replace").encode("utf-8", "replace")
    if b"\0" in text[:1000]:
        return
    budget.member(len(text))
    yield part.inner(part.called, f"as {codec.upper()}", text)


def _unmarked(head: bytes) -> str:
    """The byte order of UTF-16 without a mark, if nearly every other byte is zero; else ""."""
    half = len(head) // 2
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if half >= 8 and odd > 0.8 * half and even == 0:
        return "utf-16-le"
    return "utf-16-be" if half >= 8 and even > 0.8 * half and odd == 0 else ""


def base64_texts(part: Part, budget: Budget) -> Iterator[Part]:
    """The decoded base64 in a part, if it is text or a known format."""
    behind = pieces = 0
    for start, _ in runs(part.data, BASE64, _SHORTEST_BASE64):
        head = part.data[start : start + 32]
        # Only lower-case letters: a path.
        if start < behind or head.islower() or not _begins_well(_from_base64(head)):
            continue
        wrapped = _WRAPPED.match(part.data, start, start + _LONGEST)
        if wrapped is None:
            continue
        behind, pieces = wrapped.end(), pieces + 1
        if pieces > _MOST:
            raise Exhausted(f"there are more than {_MOST} texts in base64 in it")
        # PEM blocks have their own reader.
        if b"-----" not in part.data[max(0, start - 12) : start]:
            yield from _decoded(part, start, _from_base64(wrapped[0]), "base64", budget)


def hex_texts(part: Part, budget: Budget) -> Iterator[Part]:
    """The decoded hexadecimal digits in a part, if they are a known format or text."""
    pieces = 0
    for start, end in runs(part.data, _HEX, _SHORTEST_HEX):
        digits = part.data[start : min(end, start + _LONGEST)]
        if not digits.startswith(_HEX_OF_KNOWN):
            continue
        pieces += 1
        if pieces > _MOST:
            raise Exhausted(f"there are more than {_MOST} texts in hexadecimal digits in it")
        data = binascii.unhexlify(digits[: len(digits) // 2 * 2])
        yield from _decoded(part, start, data, "hexadecimal digits", budget)


def _from_base64(text: bytes) -> bytes:
    text = _BREAKS.sub(b"", text).partition(b"=")[0]
    text = text[: len(text) - 1] if len(text) % 4 == 1 else text
    return binascii.a2b_base64(text + b"=" * (-len(text) % 4))


def _decoded(part: Part, start: int, data: bytes, form: str, budget: Budget) -> Iterator[Part]:
    if not _begins_well(data):
        return
    budget.member(len(data))
    yield part.inner(part.called, f"{form} in {part.at(start) or 'it'}", data, whole=False)


def _begins_well(data: bytes) -> bool:
    """Whether decoded bytes begin with text or with the magic of a known format."""
    return len(data) >= 24 and (data.startswith(_KNOWN) or not data[:64].translate(None, _PLAIN))
