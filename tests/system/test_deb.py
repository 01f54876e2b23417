"""A .deb is read as dpkg reads it; whatever its bytes are, its reader ends with a value or an error
that names the file.
"""

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from qlumod.errors import QlumodError
from qlumod.packaging.debian.deb import MOST_CONTROL, MOST_DATA, SMALL, Deb
from qlumod.repository.index.listing import listed
from qlumod.system.processes.command import CommandFailed, command
from qlumod.system.processes.run import capture
from tests.support.debs import make_deb
from tests.support.raw_debs import CONTROL, ar, deb, member, tar

CONTROL_TAR = tar(member("./control", CONTROL))
DATA_TAR = tar(member("./usr/bin/tool", b"tool"))
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    ".bz2": bz2.compress,
    ".zst": zstandard.ZstdCompressor().compress,
}


def at(place: Path, data: bytes) -> Deb:
    (place / "x.deb").write_bytes(data)
    return Deb.at(place / "x.deb")


def everything(path: Path) -> dict[str, bytes]:
    """All that can be asked of a .deb."""
    found = Deb.at(path)
    read = {file.path: file.read() for file in found.control_files() if file.is_file}
    for file in found.files():
        assert isinstance((file.mode, file.owner, file.owner_names, file.mtime), tuple)
        if file.is_file:
            read[file.path] = file.read()
    return {**read, "": found.control.text.encode()}


def takes(path: Path) -> bool:
    """Whether dpkg-deb reads all of it."""
    try:
        capture(command("dpkg-deb", "--info", path, "control"))
        capture(command("dpkg-deb", "--fsys-tarfile", path))
        capture(command("dpkg-deb", "--extract", path, path.parent / "tree"))
    except CommandFailed:
        return False
    return True


@pytest.mark.parametrize("large", [False, True])
def test_what_dpkg_deb_writes_is_read(tmp_path: Path, large: bool) -> None:
    long = "usr/share/" + "long/" * 30 + "näme"
    files: dict[str, str | bytes] = {
        f"/{long}": "x",
        "/usr/bin/tool": os.urandom(2 * SMALL * large),
    }
    path = make_deb(tmp_path, "tool", files=files, links={"/usr/l": "../" * 60}, depends="a (>= 1)")
    found = Deb.at(path)
    assert found.control.fields["Depends"] == "a (>= 1)"
    with tarfile.open(
        fileobj=io.BytesIO(capture(command("dpkg-deb", "--fsys-tarfile", path)))
    ) as it:
        theirs = {
            one.name.removeprefix(".").strip("/"): (one.size, one.mode, one.mtime, one.linkname)
            for one in it
        }
    assert {
        one.path: (one.size, one.mode, one.mtime, one.target) for one in found.files()
    } == theirs
    assert found.texts([long, "nothing"]) == {long: b"x"}


@pytest.mark.parametrize("ending", PACKERS)
def test_all_ways_of_packing_are_read(tmp_path: Path, ending: str) -> None:
    pack = PACKERS[ending]
    control = ending if ending not in (".bz2", ".lzma") else ""
    members = {
        "debian-binary": b"2.0\n",
        f"control.tar{control}": PACKERS[control](CONTROL_TAR),
        "_note": b"skipped",
        f"data.tar{ending}": pack(DATA_TAR),
    }
    found = at(tmp_path, ar(members))
    assert takes(found.path)
    assert found.control.need("Package") == "tool"
    assert [(file.path, file.read()) for file in found.files()] == [("usr/bin/tool", b"tool")]


def test_a_byte_in_a_header_that_dpkg_does_not_mind_is_read(tmp_path: Path) -> None:
    data = ar([("debian-binary", b"2.0\n"), ("control.tar", CONTROL_TAR), ("data.tar", DATA_TAR)])
    found = at(tmp_path, data.replace(b"0           0     0 ", b"\x04           0     0 ", 1))
    assert takes(found.path)
    assert found.control.need("Package") == "tool"


def with_control(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    return ar([("debian-binary", b"2.0\n"), ("control.tar", tar(*members)), ("data.tar", DATA_TAR)])


def with_data(data: bytes, name: str = "data.tar") -> bytes:
    return ar([("debian-binary", b"2.0\n"), ("control.tar", CONTROL_TAR), (name, data)])


def owned_by(uid: int) -> tuple[tarfile.TarInfo, bytes]:
    info, data = member("x")
    info.uid = uid
    return info, data


HOSTILE: dict[str, tuple[bytes, str]] = {
    "control that is a link to itself": (
        with_control(member("./control", kind=tarfile.SYMTYPE, target="control")),
        "there is no control file in it",
    ),
    "control that is a hard link to itself": (
        with_control(member("./control", kind=tarfile.LNKTYPE, target="control")),
        "there is no control file in it",
    ),
    "control that is a FIFO": (
        with_control(member("./control", kind=tarfile.FIFOTYPE)),
        "there is no control file in it",
    ),
    "another format": (
        ar([("debian-binary", b"3.0\n"), *[("x", b"")] * 2]),
        "dpkg takes no member",
    ),
    "members in another order": (
        ar([("debian-binary", b"2.0\n"), ("data.tar", b""), ("control.tar", b"")]),
        "dpkg takes no member 'data.tar' in this place",
    ),
    "no data": (ar([("debian-binary", b"2.0\n")]), "it has 1 of the 3 members of a .deb"),
    "a damaged header": (
        with_data(DATA_TAR.replace(b"0000644", b"0000640")),
        "a header in it is damaged",
    ),
    "a file that ends early": (
        with_data(tar(member("a", b"x" * 5000))[:2000]),
        "it ends early",
    ),
    "packed data that ends early": (
        with_data(gzip.compress(tar(member("a", os.urandom(100_000))))[:-5000], "data.tar.gz"),
        "ended before the end-of-stream",
    ),
    "a wrong checksum at the end": (
        with_data(gzip.compress(DATA_TAR)[:-8] + bytes(8), "data.tar.gz"),
        "incorrect data check",
    ),
    "a user that no system has": (
        with_data(tar(owned_by(1 << 40))),
        "a header in it has a uid that no system knows",
    ),
    "no gzip": (with_data(b"nonsense" * 100, "data.tar.gz"), "incorrect header check"),
    "no xz": (with_data(b"nonsense" * 100, "data.tar.xz"), "format not supported"),
    "no zstd": (with_data(b"nonsense" * 100, "data.tar.zst"), "Unknown frame descriptor"),
    "headers of pax": (
        with_data(tar(member("x" * 300), form=tarfile.PAX_FORMAT)),
        "dpkg unpacks nothing of the type b'x'",
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_dpkg_cannot_read_is_refused_by_name(tmp_path: Path, what: str) -> None:
    data, told = HOSTILE[what]
    path = tmp_path / "x.deb"
    path.write_bytes(data)
    with pytest.raises(QlumodError, match=f"^{path}: ") as caught:
        everything(path)
    assert told in caught.value.brief
    # dpkg-deb opens a FIFO, and waits for ever.
    assert "FIFO" in what or not takes(path)


def test_a_fifo_is_no_deb(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.deb")
    with pytest.raises(QlumodError, match="it is a FIFO, not a regular file"):
        Deb.at(tmp_path / "x.deb")


def bomb(packing: Any, size: int) -> bytes:
    """A packed tar archive with one file of so many zero bytes."""
    info, _ = member("zeros")
    info.size = size
    parts = [packing.compress(info.tobuf(tarfile.GNU_FORMAT))]
    parts += [packing.compress(bytes(1 << 20)) for _ in range(size >> 20)]
    return b"".join((*parts, packing.flush()))


@pytest.mark.parametrize("part", ["control", "data"])
def test_a_bomb_fills_no_memory(tmp_path: Path, part: str) -> None:
    if part == "control":
        packed = bomb(lzma.LZMACompressor(preset=0), MOST_CONTROL + (1 << 20))
        data = ar([("debian-binary", b"2.0\n"), ("control.tar.xz", packed), ("data.tar", DATA_TAR)])
    else:
        packed = bomb(zstandard.ZstdCompressor().compressobj(), MOST_DATA + (1 << 20))
        data = with_data(packed, "data.tar.zst")
    (tmp_path / "x.deb").write_bytes(data)
    look = (
        "import re, sys; from pathlib import Path\n"
        "from qlumod.repository.index.listing import listed\n"
        "from qlumod.packaging.debian.deb import Deb\n"
        "try:\n Deb.at(Path(sys.argv[1])).control; listed(Path(sys.argv[1]))\n"
        "except Exception as fault:\n print(fault)\n"
        "print(re.search(r'VmHWM:\\s+(\\d+) kB', Path('/proc/self/status').read_text())[1])"
    )
    said = subprocess.run(
        [sys.executable, "-c", look, tmp_path / "x.deb"], capture_output=True, text=True, check=True
    ).stdout
    assert "it unpacks to more than" in said
    assert int(said.splitlines()[-1]) < 150_000


SEEDS = (
    deb(CONTROL, member("./usr/bin/tool", b"tool"), member("./" + "long/" * 40, b"x")),
    with_data(lzma.compress(DATA_TAR), "data.tar.xz"),
    with_data(PACKERS[".zst"](DATA_TAR), "data.tar.zst"),
    with_data(tar(member("./a", b"x" * 600), member("./l", kind=tarfile.SYMTYPE, target="a"))),
)


@settings(deadline=None, max_examples=300)
@given(
    seed=st.sampled_from(SEEDS),
    edits=st.lists(
        st.tuples(st.integers(0, 1 << 14), st.integers(0, 3), st.binary(max_size=12)), max_size=5
    ),
)
def test_changed_bytes_end_in_a_value_or_an_error_that_names_the_file(
    seed: bytes, edits: list[tuple[int, int, bytes]]
) -> None:
    data = seed
    for place, left_out, new in edits:
        start = place % (len(data) + 1)
        data = data[:start] + new + data[start + left_out :]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.deb")
        path.write_bytes(data)
        try:
            everything(path)
            listed(path)
        except QlumodError as fault:
            assert str(path) in fault.brief


@settings(deadline=None, max_examples=100)
@given(data=st.binary(max_size=2000))
def test_any_bytes_in_a_tar_end_in_a_value_or_an_error(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.deb")
        path.write_bytes(with_data(DATA_TAR + data))
        try:
            listed(path)
        except QlumodError as fault:
            assert str(path) in fault.brief
