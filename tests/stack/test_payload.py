"""A payload is read as it is asked for, each part of it once."""

import gzip
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.model.digests import digest_bytes
from qlumod.model.packed import MOST
from qlumod.stack.payload import Payload
from tests.stack.test_meeting import member


def test_each_part_is_read_once(tmp_path: Path) -> None:
    slurm = member(tmp_path, "slurm", "/usr/sbin/slurmd")
    lines, digest = slurm.contents, slurm.digest
    for path in slurm.directory.iterdir():
        path.unlink()
    assert [line.path for line in lines] == ["/usr/sbin/slurmd"]
    assert slurm.contents is lines
    assert slurm.digest == digest
    assert slurm.module == "slurm"


def test_its_digest_is_that_of_the_manifest_which_names_all_other_files(tmp_path: Path) -> None:
    slurm = member(tmp_path, "slurm")
    assert slurm.digest == digest_bytes((slurm.directory / "manifest").read_bytes())


def test_a_name_ends_at_a_newline_only(tmp_path: Path) -> None:
    slurm = member(tmp_path, "slurm")
    odd = "/usr/share/a\rb\x0bc\x85d\u2028e"
    left_out, caches = f"slurm\t{odd}\nslurm\t/b\n", f"python\t{odd}\nfonts\t/b\n"
    (slurm.directory / "left-out.gz").write_bytes(gzip.compress(left_out.encode()))
    (slurm.directory / "state").mkdir()
    (slurm.directory / "state/caches").write_text(caches, newline="")
    assert slurm.left_out == {("slurm", odd), ("slurm", "/b")}
    assert slurm.cached_by("python") == (odd,)


def test_what_is_missing_or_damaged_is_named(tmp_path: Path) -> None:
    with pytest.raises(QlumodError, match=f"^cannot read {tmp_path}/manifest: No such file"):
        _ = Payload(directory=tmp_path).module
    slurm = member(tmp_path, "slurm")
    (slurm.directory / "slurm.contents.gz").write_bytes(b"damaged")
    with pytest.raises(QlumodError, match=r"/slurm\.contents\.gz: what gzip packed is damaged: "):
        _ = slurm.contents


def test_what_becomes_too_large_is_not_unpacked_to_its_end(tmp_path: Path) -> None:
    slurm = member(tmp_path, "slurm")
    (slurm.directory / "slurm.packages.version.gz").write_bytes(gzip.compress(bytes(MOST + 1)))
    with pytest.raises(QlumodError, match=r"/slurm\.packages\.version\.gz: it unpacks to more"):
        _ = slurm.packages
