"""The site's files never leave the image, whatever links it holds."""

import os
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.head.placing import place_files
from qlumod.head.site import SiteFile
from qlumod.system.disk.within import Root

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files are given to root")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root whose links all try to lead out of it."""
    root = tmp_path / "root"
    for path in ("etc", "usr/lib", "srv"):
        (root / path).mkdir(parents=True)
    (root / "lib").symlink_to("usr/lib")
    (root / "absolute").symlink_to("/srv")
    (root / "upward").symlink_to("../../../../srv")
    (root / "chain").symlink_to("/upward")
    (root / "circle").symlink_to("circle")
    (root / "etc/file").write_text("x")
    return root


def file(path: str, source: Path, **given: object) -> SiteFile:
    defaults = {"type": "f", "mode": 0o644, "user": "root", "group": "root", "content": ""}
    return SiteFile(path=path, source=str(source), **{**defaults, **given})


def test_a_file_below_a_link_lands_where_the_link_leads_in_the_root(
    root: Path, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.write_text("mine")
    files = [file(f"{way}/{way[1:]}", source) for way in ("/absolute", "/chain", "/lib")]
    assert place_files(Root(root), files) == ("/srv/absolute", "/srv/chain", "/usr/lib/lib")
    assert (root / "srv/chain").read_text() == "mine"
    assert (root / "lib").is_symlink()


def test_a_link_of_the_image_is_replaced_and_not_written_through(
    root: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.write_text("untouched")
    (root / "etc/resolv.conf").symlink_to(outside)
    source = tmp_path / "source"
    source.write_text("mine")
    place_files(Root(root), [file("/etc/resolv.conf", source, mode=0o600)])
    assert outside.read_text() == "untouched"
    assert (root / "etc/resolv.conf").read_text() == "mine"
    assert (root / "etc/resolv.conf").stat().st_mode & 0o777 == 0o600


def test_a_directory_of_the_image_keeps_its_mode(root: Path, tmp_path: Path) -> None:
    place_files(Root(root), [file("/etc", tmp_path, type="d", mode=0o700)])
    assert (root / "etc").stat().st_mode & 0o777 == 0o755


WRONG = {
    "circle": ("/circle/x", "f", "/circle within the root is a circle of links"),
    "through a file": ("/etc/file/x", "f", "/etc/file within the root is no directory"),
    "file for directory": ("/etc", "f", "{source} is no directory, in the image /etc is one"),
    "directory for file": (
        "/etc/file",
        "d",
        "{source} is a directory, in the image /etc/file is none",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_does_not_fit_is_refused(root: Path, tmp_path: Path, kind: str) -> None:
    path, type_, error = WRONG[kind]
    source = tmp_path / "source"
    with pytest.raises(QlumodError) as raised:
        place_files(Root(root), [file(path, source, type=type_)])
    assert str(raised.value) == error.format(source=source)
