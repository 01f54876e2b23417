"""A payload on its way into a package."""

import gzip
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.package.payload_install import install_documents, install_payload
from qlumod.stack.payload import Payload
from tests.package.small import make_payload, plan

HOME = "usr/share/qlumod/modules/core/bookworm/amd64/14.0.0"


@pytest.fixture
def payload(tmp_path: Path) -> Path:
    return make_payload(tmp_path / "payload", plan("core"))


def test_only_what_the_manifest_names_is_taken(payload: Path, tmp_path: Path) -> None:
    (payload / "notes").write_text("from a curious engineer")
    install_payload(Payload(directory=payload), tmp_path / "root")
    files = {str(path.relative_to(tmp_path / "root")) for path in tmp_path.glob("root/**/*.*")}
    assert f"{HOME}/layer.squashfs" in files
    assert not (tmp_path / "root" / HOME / "notes").exists()


def test_a_damaged_file_is_named(payload: Path, tmp_path: Path) -> None:
    (payload / "left-out.gz").write_bytes(b"something else")
    with pytest.raises(QlumodError) as caught:
        install_payload(Payload(directory=payload), tmp_path / "root")
    assert str(caught.value) == (
        f"cannot package {payload}: left-out.gz has not the digest that its manifest names\n"
        f"To mend it: rm -r {payload}, and build the module again"
    )


def test_a_missing_file_is_named(payload: Path, tmp_path: Path) -> None:
    (payload / "layer.squashfs").unlink()
    with pytest.raises(QlumodError) as caught:
        install_payload(Payload(directory=payload), tmp_path / "root")
    assert caught.value.brief == f"cannot package {payload}: layer.squashfs is missing"


def test_a_directory_that_is_no_payload_is_named(tmp_path: Path) -> None:
    with pytest.raises(QlumodError) as caught:
        install_payload(Payload(directory=tmp_path), tmp_path / "root")
    assert caught.value.brief == (f"cannot read {tmp_path}/manifest: No such file or directory")


def test_the_changelog_for_people_stays_plain_and_the_others_are_compressed_without_a_time(
    payload: Path, tmp_path: Path
) -> None:
    manifest = install_payload(Payload(directory=payload), tmp_path / "root").manifest
    texts = {"core.changelog": "for people\n", "core.packages.changelog": "added\n"}
    install_documents(manifest, texts, tmp_path / "root", "some-package")
    place = tmp_path / "root/usr/share/doc/some-package"
    assert (place / "core.changelog").read_text() == "for people\n"
    packed = (place / "core.packages.changelog.gz").read_bytes()
    # No name and no time (RFC 1952, 2.3).
    assert (packed[3:8], gzip.decompress(packed)) == (bytes(5), b"added\n")
    assert (place / "core.contents.gz").read_bytes() == (payload / "core.contents.gz").read_bytes()
