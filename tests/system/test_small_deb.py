"""Small .debs are read at once, with the same result as otherwise; what is not plain is left."""

from pathlib import Path

import pytest

from qlumod.repository.listing import listed, listed_small
from qlumod.system.deb_file import read_control
from qlumod.system.files import file_sum
from qlumod.system.small_deb import LARGEST, read_small
from tests.support.debs import make_deb

FILES: dict[str, str | bytes] = {
    "/usr/bin/tool": b"\x7fELF" * 300,
    "/usr/share/doc/tool/copyright": "Copyright\n",
    "/usr/share/tool/näme": "",
}


def test_a_plain_one_is_read_as_tarfile_reads_it(tmp_path: Path) -> None:
    deb = make_deb(tmp_path, "tool", files=FILES, links={"/usr/bin/link": "tool"})
    small = read_small(deb)
    assert small is not None
    assert small.sum == file_sum(deb)
    assert small.control == read_control(deb)
    assert listed_small(small.files) == listed(deb)
    assert small.files["./usr/bin/tool"] == FILES["/usr/bin/tool"]


@pytest.mark.parametrize(
    "files",
    [{"/usr/share/" + "long/" * 30 + "name": "text"}, {"/usr/share/large": bytes(LARGEST)}],
    ids=["a name longer than its header", "much that was well packed"],
)
def test_what_is_not_plain_is_left(files: dict[str, str | bytes], tmp_path: Path) -> None:
    deb = make_deb(tmp_path, "tool", files=files)
    assert deb.stat().st_size < LARGEST
    assert read_small(deb) is None
    assert listed(deb).paths == [path.lstrip("/").encode() for path in files]


@pytest.mark.parametrize("cut", [1, 40, 200, 600])
def test_what_ends_early_is_left(cut: int, tmp_path: Path) -> None:
    deb = make_deb(tmp_path, "tool", files=FILES)
    deb.write_bytes(deb.read_bytes()[:-cut])
    assert read_small(deb) is None


def test_what_was_changed_is_left(tmp_path: Path) -> None:
    deb = make_deb(tmp_path, "tool", files=FILES)
    data = bytearray(deb.read_bytes())
    data[-20] ^= 1
    deb.write_bytes(data)
    assert read_small(deb) is None
