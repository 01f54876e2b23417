"""Documents as nobody would write them: seeds with a few things changed, each time the same."""

import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from random import Random

DIGITS = (
    b"0" * 5000,
    b"9" * 5000,
    b"9" * 20,
    b"-1",
    b"4294967296",
    b"1e400",
    "٣٣".encode(),
    b"0x1",
)
ODD = (
    b"\0", b"\r", b"\x0b", b"\x0c", b"\x1c", b"\x7f", b"\xff", b"\t", b"\n", b"\n\n", b" ", b": ",
    b"\n ", b"\n .\n", b"[" * 2000, b"{", b'"', b",", b"/../", b"\\", b"\xed\xa0\x80", b"\\x",
    *(char.encode() for char in "\x85\u2028\u200b\ufeffü²"),
)  # fmt: skip
LARGE = (b"x" * 70_000, b"\n" * 5000, b", a" * 5000, b" a\n" * 5000, b"(" * 5000)
_NUMBER = frozenset(b"0123456789")

Change = Callable[[Random, bytes], bytes]


def mutated(random: Random, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds, changed in one to six ways; what gzip packed is often changed inside."""
    seed = random.choice(seeds)
    if seed[:2] == b"\x1f\x8b" and random.random() < 0.7:
        return gzip.compress(_changed(random, gzip.decompress(seed)), 1)
    return _changed(random, seed)


def _changed(random: Random, data: bytes) -> bytes:
    for _ in range(random.choice((1, 1, 2, 3, 6))):
        data = random.choice(_CHANGES)(random, data)
    return data


def _flipped(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + bytes((random.randrange(256),)) + data[at + 1 :]


def _put(random: Random, data: bytes, what: bytes) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + what + data[at + random.choice((0, 0, 1, 5)) :]


def _odd(random: Random, data: bytes) -> bytes:
    return _put(random, data, random.choice(ODD))


def _large(random: Random, data: bytes) -> bytes:
    return _put(random, data, random.choice(LARGE))


def _number(random: Random, data: bytes) -> bytes:
    """Another number in the place of one."""
    places = [at for at, byte in enumerate(data) if byte in _NUMBER]
    if not places:
        return _put(random, data, random.choice(DIGITS))
    start = end = random.choice(places)
    while start and data[start - 1] in _NUMBER:
        start -= 1
    while end < len(data) and data[end] in _NUMBER:
        end += 1
    return data[:start] + random.choice(DIGITS) + data[end:]


def _cut(random: Random, data: bytes) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def _without(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + data[at + random.randrange(20) :]


def _lines(random: Random, data: bytes) -> bytes:
    """A line dropped, doubled, swapped with another one, or without a word."""
    lines = data.split(b"\n")
    one, other = random.randrange(len(lines)), random.randrange(len(lines))
    match random.randrange(5):
        case 0:
            del lines[one]
        case 1:
            lines.insert(one, lines[other])
        case 2:
            lines[one], lines[other] = lines[other], lines[one]
        case 3:
            words = lines[one].split(b" ")
            del words[random.randrange(len(words))]
            lines[one] = b" ".join(words)
        case _:
            lines[one] = lines[one].partition(b":")[0] + b":"
    return b"\n".join(lines)


_CHANGES: tuple[Change, ...] = (
    _flipped, _flipped, _odd, _odd, _number, _number, _cut, _without, _lines, _lines, _lines,
    _large,
)  # fmt: skip


def bomb(size: int) -> bytes:
    """A little gzip that unpacks to so many bytes."""
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(1 << 20)
    return b"".join((*(packing.compress(block) for _ in range(size >> 20)), packing.flush()))


def inflated(seed: bytes, size: int) -> Iterator[tuple[str, bytes]]:
    """Large documents that look like a seed: what is quadratic shows itself here."""
    lines = seed.split(b"\n")
    middle = len(lines) // 2
    yield "again", seed * (size // (len(seed) + 1) + 1)
    yield "one line", b"\n".join((*lines[:middle], lines[middle] + b" x" * (size // 2)))
    yield "commas", b"\n".join((*lines[:middle], lines[middle] + b", x" * (size // 3)))
    yield "items", b"\n".join((*lines[:-1], *(b" %x" % n for n in range(size // 6))))
    yield (
        "same item",
        b"\n".join((*lines[:-1], *([lines[middle]] * (size // (len(lines[middle]) + 1))))),
    )
    yield "fields", b"\n".join((*lines[:-1], *(b"f%x: 1" % n for n in range(size // 10))))
    yield "stanzas", b"\n".join((*lines[:-1], *(b"\nf: %x" % n for n in range(size // 10))))
    yield "empty lines", seed + b"\n" * size
    yield "nested", b"[" * size
