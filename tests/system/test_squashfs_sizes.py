"""What files take in a squashfs image, as its tables say."""

import random
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import ignore
from qlumod.model.release import Compression
from qlumod.system.disk.squashfs import Squashing, write_image
from qlumod.system.disk.squashfs_sizes import stored_sizes

BLOCK = 128 << 10
NOISE = random.Random(7).randbytes(5 * BLOCK)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("sizes")
    tree = place / "tree"
    for path, data in {
        "noise": NOISE[: 3 * BLOCK],
        "again": NOISE[: 3 * BLOCK],
        "tail/long": NOISE[3 * BLOCK :] + b"x" * 1000,
        "tail/short": NOISE[-5000:-2000],
        "empty": b"",
        "zeros": bytes(4 * BLOCK),
        # More than one block of each table.
        **{f"many/{number:04}-{'n' * 40}": b"%d" % number for number in range(2000)},
    }.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(data)
    (tree / "hard").hardlink_to(tree / "noise")
    (tree / "link").symlink_to("noise")
    write_image(
        tree,
        place / "image",
        Squashing(epoch=2_000_000_000, compression=Compression.parse("zstd 3 128K")),
        scratch=place,
        listen=ignore,
    )
    return place / "image"


def test_what_cannot_be_compressed_takes_its_own_size(image: Path) -> None:
    found = stored_sizes(image)
    assert found["/again"] == 3 * BLOCK
    assert 2 * BLOCK + 10 < found["/tail/long"] < 2 * BLOCK + 1000
    # Its share of a block that holds better things to compress, too.
    assert 1000 < found["/tail/short"] < 3100


def test_of_files_with_one_content_the_first_takes_all(image: Path) -> None:
    found = stored_sizes(image)
    assert [path for path in ("/again", "/hard", "/noise") if found.get(path)] == ["/again"]


def test_what_is_empty_or_compresses_to_nothing_takes_nothing(image: Path) -> None:
    found = stored_sizes(image)
    assert found["/empty"] == 0
    assert found["/zeros"] == 0
    assert "/link" not in found


def test_files_and_tables_are_the_whole_image(image: Path) -> None:
    found = stored_sizes(image)
    assert len([path for path in found if path.startswith("/many/")]) == 2000
    tables = image.stat().st_size - sum(found.values())
    assert 0 < tables < 40_000


def test_only_squashfs_can_be_told_of(tmp_path: Path) -> None:
    for data in (b"", b"something else" * 100):
        (tmp_path / "file").write_bytes(data)
        with pytest.raises(QlumodError) as caught:
            stored_sizes(tmp_path / "file")
        assert (
            str(caught.value) == f"{tmp_path}/file: this is no squashfs image that zstd compressed"
        )


@pytest.mark.parametrize("size", [60, 90])
def test_a_damaged_image_is_told(image: Path, tmp_path: Path, size: int) -> None:
    data = image.read_bytes()
    (tmp_path / "file").write_bytes(data[:size] + b"\xff" * (len(data) - size))
    with pytest.raises(QlumodError) as caught:
        stored_sizes(tmp_path / "file")
    assert str(caught.value).startswith(f"{tmp_path}/file: cannot be read as a squashfs image: ")
