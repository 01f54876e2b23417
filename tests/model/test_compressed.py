"""What was packed comes out whole, or is refused by its name."""

import gzip

import pytest

from qlumod.errors import QlumodError
from qlumod.model.compressed import unpacked


def test_a_packed_text_comes_out_as_it_was() -> None:
    assert unpacked(gzip.compress(b"one\ntwo\n"), "x.gz") == b"one\ntwo\n"


def test_what_becomes_too_large_is_not_unpacked_to_its_end() -> None:
    bomb = gzip.compress(b"\0" * (1 << 20))
    with pytest.raises(QlumodError, match=r"^x\.gz: unpacked, it has more than 1000 bytes"):
        unpacked(bomb, "x.gz", most=1000)
    assert len(unpacked(bomb, "x.gz", most=1 << 20)) == 1 << 20


@pytest.mark.parametrize(
    "data",
    [b"f\t0644", gzip.compress(b"one\ntwo\n")[:-9], gzip.compress(b"one")[:-8] + b"damaged!", b"x"],
)
def test_what_is_no_gzip_file_is_named(data: bytes) -> None:
    with pytest.raises(QlumodError, match=r"^x\.gz: cannot be unpacked: "):
        unpacked(data, "x.gz")
