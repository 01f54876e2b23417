"""Small files of random bytes, such as keys: no usual file format has such bytes."""

import math
from collections.abc import Iterator
from itertools import pairwise

from qlumod.secrets.binary.asn1 import SEQUENCE, element
from qlumod.secrets.found import Found
from qlumod.secrets.part import Part

SHORTEST, LONGEST = 16, 8192
"""The size limits: shorter data is ambiguous, and keys are not longer."""

_FORMATS = (
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
    b"\x04\x22\x4d\x18",
    b"PK\3\4",
    b"\x1f\x9d",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"RIFF",
    b"OggS",
    b"ID3",
    b"fLaC",
    b"\x7fELF",
    b"wOF",
    b"\x5d\0\0",
    b"\x78\x01",
    b"\x78\x5e",
    b"\x78\x9c",
    b"\x78\xda",
    b"7z\xbc\xaf",
    b"Rar!",
    b"SQLite",
    b"\xde\x12\x04\x95",
    b"\x95\x04\x12\xde",
    b"\xca\xfe\xba\xbe",
    b"!<arch>",
    b"0707",
    b"MZ",
    b"%PDF",
    b"LZIP",
    b"\x89LZO",
)
"""The first bytes of compressed files and of other known formats."""


def random_bytes(part: Part) -> Iterator[Found]:
    """A part that consists of random bytes."""
    data = part.data
    if SHORTEST <= len(data) <= LONGEST and not data.startswith(_FORMATS):
        whole = element(data)
        framed = whole is not None and whole.tag == SEQUENCE and whole.end == len(data)
        if not framed and is_random(data):
            yield part.holds("random bytes, as a key has them")


def is_random(data: bytes) -> bool:
    """Whether bytes pass statistical tests of randomness: values, bits, neighbours, steps."""
    tests = (_many_values, _even_bits, _few_repeats, _no_letters, _uneven_values, _uneven_steps)
    return not is_utf8(data) and all(passes(data) for passes in tests)


def is_utf8(data: bytes) -> bool:
    """Whether the bytes are valid UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _many_values(data: bytes) -> bool:
    size = len(data)
    empty = (1 - 1 / 256) ** size
    expected = 256 * (1 - empty)
    variance = 256 * empty * (1 - empty)
    return len(set(data)) >= expected - 4 * math.sqrt(variance) - 1


def _uneven_values(data: bytes) -> bool:
    """Whether frequencies of values vary as in random data (chi²); in a table they are equal."""
    mean = len(data) / 256
    squares = sum((data.count(value) - mean) ** 2 for value in range(256)) / mean
    return squares >= 255 - 6 * math.sqrt(2 * 255) if mean >= 1 else len(set(data)) < 250


def _uneven_steps(data: bytes) -> bool:
    """Whether no difference or XOR between a byte and a later one is frequent, as in a table."""
    most = len(data) / 256 + 6 * math.sqrt(len(data) / 256) + 4
    return all(
        max(map(steps.count, set(steps))) <= most
        for width in (1, 2, 4, 8)
        for steps in (_differences(data, width), _flips(data, width))
        if steps
    )


def _differences(data: bytes, width: int) -> bytes:
    return bytes((later - one) & 0xFF for one, later in zip(data, data[width:], strict=False))


def _flips(data: bytes, width: int) -> bytes:
    """The XOR of each pair of adjacent entries, where an entry has `width` bytes."""
    starts = range(0, len(data) - 2 * width + 1, 2 * width)
    return bytes(data[at + n] ^ data[at + width + n] for at in starts for n in range(width))


def _even_bits(data: bytes) -> bool:
    ones = int.from_bytes(data, "big").bit_count()
    return abs(ones - 4 * len(data)) <= 4 * math.sqrt(2 * len(data))


def _few_repeats(data: bytes) -> bool:
    """Whether no value is much more frequent than others, and few bytes are repeated."""
    most = max(data.count(value) for value in set(data))
    mean = len(data) / 256
    again = sum(one == other for one, other in pairwise(data))
    return most <= mean + 6 * math.sqrt(mean) + 3 and again <= mean + 5 * math.sqrt(mean) + 2


def _no_letters(data: bytes) -> bool:
    """Whether printable characters are as rare as in random data: short records have words."""
    share = 95 / 256
    shown = sum(0x20 <= byte < 0x7F for byte in data)
    return shown <= share * len(data) + 4 * math.sqrt(len(data) * share * (1 - share))
