"""The copyright of a module's packages, from what was installed or from the packages themselves."""

import gzip
import shutil
from pathlib import Path

from qlumod.events import Caution
from qlumod.layer.cache import payload_path
from qlumod.layer.copyright_files import copyright_texts
from qlumod.model.copyright import Texts, collected
from qlumod.model.names import PackageName
from qlumod.packaging.debian.archive import POOL, FrozenArchive
from qlumod.packaging.debian.roots.deb_supply import DebSupply
from qlumod.packaging.debian.state.state_table import STATE_TABLE
from qlumod.system.disk.within import Root
from tests.layer.conftest import LICENCE
from tests.layer.small_release import SmallRelease

TEXTS = dict.fromkeys(map(PackageName, ("licensed", "licensed-data", "licensed-doc")), LICENCE)


def _texts(release: SmallRelease, place: Path) -> Texts:
    for name in ("root", "scratch"):
        (place / name).mkdir(exist_ok=True)
    (place / POOL).symlink_to(release.specs / "debs")
    supply = DebSupply(FrozenArchive(directory=place, suite="", keyring=place))
    return copyright_texts(
        release.job("licensed"), STATE_TABLE, Root(place / "root"), supply, Root(place / "scratch")
    )


def test_a_payload_holds_the_copyright_file_of_each_of_its_packages(release: SmallRelease) -> None:
    payload = release.build("licensed")
    text = gzip.decompress((payload / "licensed.copyright.gz").read_bytes())
    job = release.job("licensed")
    assert text == collected(release.lock, job.spec.module, TEXTS)
    assert text.count(LICENCE) == 1
    assert b"Without-Copyright:\n bare\n" in text


def test_licence_texts_that_are_left_out_are_told_and_are_in_the_modules_package(
    release: SmallRelease, tmp_path: Path
) -> None:
    shutil.rmtree(payload_path(release.cache, release.job("vendored").identity), ignore_errors=True)
    said: list[object] = []
    payload = release.build("vendored", said.append)
    documents = "/usr/share/doc/vendored"
    assert [event for event in said if isinstance(event, Caution)] == [
        Caution(
            text="vendored: Exclude leaves out licence texts of vendored: "
            f"/opt/vendored/COPYING, {documents}/LICENSE, {documents}/html/NOTICE.txt.gz, "
            f"{documents}/licenses/a, {documents}/licenses/b and 2 more; to keep them, name them "
            "in the field Include"
        )
    ]
    text = gzip.decompress((payload / "vendored.copyright.gz").read_bytes())
    assert b"Without-Copyright:\n vendored\n" in text
    files = f"Files:\n /opt/vendored/COPYING\n {documents}/LICENSE\nSHA256: ".encode()
    assert files in text
    assert text.count(LICENCE) == 1
    assert f"Files:\n {documents}/html/NOTICE.txt.gz\n".encode() in text
    assert b"\nSize: 8\n\na notice\n" in text


def test_licence_texts_that_the_spec_includes_are_in_the_layer(release: SmallRelease) -> None:
    shutil.rmtree(payload_path(release.cache, release.job("kept").identity), ignore_errors=True)
    said: list[object] = []
    payload = release.build("kept", said.append)
    assert [event for event in said if isinstance(event, Caution)] == []
    left = gzip.decompress((payload / "left-out.gz").read_bytes()).decode()
    assert left == (
        "vendored\t/opt/vendored/licence.py\nvendored\t/usr/share/doc/vendored/README\n"
    )


def test_nothing_is_published_that_is_in_no_layer(release: SmallRelease) -> None:
    """A script has made a link to a log."""
    payload = release.build("linking")
    text = gzip.decompress((payload / "linking.copyright.gz").read_bytes())
    assert b"PRIVATE KEY" not in text
    assert b"Without-Copyright:\n linking\n" in text


def test_what_was_left_out_of_the_root_comes_from_the_package_itself(
    release: SmallRelease, tmp_path: Path
) -> None:
    found = _texts(release, tmp_path)
    assert found == TEXTS


def test_a_directory_that_is_a_link_leads_nowhere_outside_the_root(
    release: SmallRelease, tmp_path: Path
) -> None:
    documents = tmp_path / "root/usr/share/doc"
    documents.mkdir(parents=True)
    (tmp_path / "copyright").write_text("the build host's own")
    (documents / "licensed").symlink_to(tmp_path)
    (documents / "licensed-doc").symlink_to("../../../../../..")
    found = _texts(release, tmp_path)
    assert set(found.values()) == {LICENCE}
