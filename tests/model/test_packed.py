"""gzip: the header is the same in every version of Python, and what unpacks to much is refused."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlumod.errors import QlumodError
from qlumod.model.packed import BEST, gzipped, unpacked, unpacked_lines

TEXT = b"".join(b"/usr/share/doc/%d\t0644\n" % number for number in range(20_000))
LEVELS = (1, 6, BEST)


@pytest.mark.parametrize(
    ("level", "header"),
    [
        (1, "1f8b 08 00 00000000 04 03"),
        (6, "1f8b 08 00 00000000 00 03"),
        (9, "1f8b 08 00 00000000 02 03"),
    ],
)
def test_the_header_is_written_here_and_not_by_python(level: int, header: str) -> None:
    """As `gzip.compress(…, mtime=0)` writes it in Python 3.11: method, flags, time, XFL, system."""
    assert gzipped([b"x"], level=level)[:10] == bytes.fromhex(header)


@pytest.mark.parametrize("level", LEVELS)
def test_the_rest_is_what_zlib_makes_of_the_whole(level: int) -> None:
    packed = gzipped([TEXT], level=level)
    assert packed[10:-8] == zlib.compress(TEXT, level, wbits=-15)
    assert packed[-8:] == zlib.crc32(TEXT).to_bytes(4, "little") + len(TEXT).to_bytes(4, "little")


@pytest.mark.parametrize("level", LEVELS)
def test_it_does_not_matter_how_the_input_is_cut(level: int) -> None:
    lines = TEXT.splitlines(keepends=True)
    assert gzipped(lines, level=level) == gzipped([TEXT], level=level)


@given(st.lists(st.binary(max_size=100), max_size=5), st.sampled_from(LEVELS))
def test_what_was_packed_comes_back(pieces: list[bytes], level: int) -> None:
    packed = gzipped(pieces, level=level)
    assert gzip.decompress(packed) == unpacked(packed, "x") == b"".join(pieces)
    lines = unpacked_lines(packed, "x", most=500)
    assert b"".join(lines) == b"".join(pieces)


def test_several_parts_are_one_file() -> None:
    packed = gzipped([b"a\n"]) + gzipped([b"b\n"])
    assert unpacked(packed, "x") == b"a\nb\n"
    assert list(unpacked_lines(packed, "x", most=4)) == [b"a\n", b"b\n"]


def _lines(data: bytes, path: str, *, most: int) -> bytes:
    return b"".join(unpacked_lines(data, path, most=most))


@pytest.mark.parametrize("read", [unpacked, _lines])
@pytest.mark.parametrize("parts", [1, 2])
def test_what_unpacks_to_more_than_the_most_is_refused(read, parts: int) -> None:
    packed = gzipped([bytes(1000)]) + gzipped([bytes(1000)]) * (parts - 1)
    assert read(packed, "x.gz", most=1000 * parts) == bytes(1000 * parts)
    with pytest.raises(QlumodError) as told:
        read(packed, "x.gz", most=1000 * parts - 1)
    assert str(told.value) == (
        f"x.gz: it unpacks to more than {1000 * parts - 1} bytes, too much for what it is\n"
        "To mend it: see what it is, and put the right file there"
    )


@pytest.mark.parametrize("read", [unpacked, _lines])
def test_what_is_damaged_is_refused(read) -> None:
    with pytest.raises(QlumodError) as told:
        read(gzipped([TEXT])[:-9], "x.gz", most=len(TEXT))
    assert str(told.value) == (
        "x.gz: what gzip packed is damaged: Compressed file ended before the end-of-stream marker"
        " was reached\nTo mend it: put the right file there"
    )
