"""Archives are where the user says that they are, signed as the release says."""

from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.model.address import Address, address
from qlumod.system.keys import gpg
from tests.conftest import Typed
from tests.lock.site import Site, versions


def asked(text: str) -> Address:
    return address(text, said="--archive")


def test_a_mirror_takes_the_place_of_the_hosts_own(site: Site) -> None:
    site.host_knows(site.offer())
    own = site.lock()
    mirror = site.publish("mirror", [*site.archive.glob("pool/*.deb"), site.deb("hello", "2")])
    site.addresses = [asked(f"test=file://{mirror.directory}")]
    locked = site.lock(update=())
    assert versions(locked) == {"apt": "1", "base-files": "1", "hello": "2"}
    assert locked.lock.release == own.lock.release
    site.fetch()
    assert all(site.store.has(package.sha256) for package in locked.lock.packages)


def test_a_host_that_knows_no_archive_is_not_asked_for_one_whose_address_is_said(
    site: Site,
) -> None:
    site.offer()
    site.release(URI="", Origin="Debian", Label="Debian")
    site.addresses = [asked(f"test=file://{site.archive}")]
    assert "hello" in versions(site.lock())


def test_a_mirror_is_signed_by_the_key_of_the_release_unless_another_one_is_named(
    site: Site,
) -> None:
    site.offer()
    debs = sorted(site.archive.glob("pool/*.deb"))
    with gpg.throw_away_key() as other:
        mirror = site.publish("mirror", debs, key=other)
        site.addresses = [asked(f"test=file://{mirror.directory}")]
        assert "apt refuses them" in site.refusal()
        site.addresses = [
            Address(
                archive="test",
                said="qlumod.conf:3",
                uri=f"file://{mirror.directory}",
                key=str(mirror.keyring),
            )
        ]
        (header,) = site.lock().lock.archives
        assert header.key == other.fingerprint


def test_a_directory_of_debs_takes_the_place_of_a_vendors_archive(site: Site) -> None:
    site.offer()
    vendor = "\nArchive: vendor\nURI: https://vendor.example/debian\nSuites: stable\n"
    site.release(extra=f"{vendor}Key: {'A' * 40}\n")
    site.deb("beegfs-client")
    (site.top / "debs").rename(site.top / "beegfs")
    site.spec("beegfs", "beegfs-client")
    site.addresses = [asked(f"vendor={site.top}/beegfs")]
    (package,) = site.lock().lock.of("beegfs")
    assert (package.archive, package.filename) == ("vendor", "beegfs-client_1_all.deb")
    site.fetch()
    assert site.store.has(package.sha256)


def test_of_two_addresses_of_one_archive_the_first_one_holds(site: Site) -> None:
    site.offer()
    site.addresses = [asked(f"test=file://{site.archive}"), asked("test=file:///nowhere")]
    assert "hello" in versions(site.lock())


def test_an_address_in_the_configuration_may_be_of_another_releases_archive(site: Site) -> None:
    site.offer()
    site.addresses = [Address(archive="lustre", said="qlumod.conf:3", uri="https://lustre.example")]
    assert "hello" in versions(site.lock())


def test_a_host_with_a_list_of_mirrors_lends_the_list(site: Site) -> None:
    archive = site.offer()
    mirrors = site.top / "mirrors.list"
    mirrors.write_text(f"file:{site.top}/nowhere\tpriority:1\n{archive.uri}\tpriority:2\n")
    site.host_knows(archive, uri=f"mirror+file:{mirrors}/")
    locked = site.lock()
    assert len(site.fetch().packages) == 3
    kept = [site.store.path(package.sha256) for package in locked.lock.packages]
    assert all(path.is_file() and not path.is_symlink() for path in kept)
    assert len(list(site.archive.glob("pool/*.deb"))) == 3


REFUSALS = {
    "lustre=https://lustre.example": (
        "--archive: release 14.0.0 has no archive 'lustre'\nTo mend it: choose from folder, test"
    ),
    "folder=https://folder.example": (
        "--archive: archive folder: https://folder.example cannot stand for a directory of .debs,"
        " which has neither suites nor a key\nTo mend it: name another directory"
    ),
    "test=TOP/archive": (
        "--archive: archive test: TOP/archive is a whole archive, not a directory of .debs\n"
        "To mend it: write file://TOP/archive"
    ),
    "test=TOP/nowhere": (
        "there is no directory TOP/nowhere, which is named as an archive\n"
        "To mend it: build the packages that belong there, or take the archive out"
    ),
}


@pytest.mark.parametrize("text", REFUSALS)
def test_an_address_that_cannot_be_is_refused(site: Site, text: str) -> None:
    site.offer()
    site.release(extra="\nArchive: folder\nDirectory: ../dist\n")
    (site.top / "dist").mkdir()
    site.addresses = [asked(text.replace("TOP", str(site.top)))]
    assert site.refusal() == REFUSALS[text]


@pytest.mark.parametrize(
    "text, said",
    [
        ("debian", "'debian' has not the form NAME=URI"),
        ("Debian=http://x", "'Debian' is no archive name: lower-case letters, digits, '.+-'"),
        (
            "debian=ftp://x",
            "'ftp://x' is no address: it begins with http://, https:// or file://",
        ),
        ("debian=a b", "'a b' is no directory: blanks and shell characters are not allowed"),
    ],
)
def test_what_is_no_address_is_refused(text: str, said: str) -> None:
    with pytest.raises(QlumodError) as caught:
        asked(text)
    assert caught.value.brief == said


def test_an_address_is_typed(qlumod: Typed, key: gpg.SigningKey) -> None:
    site = Site(qlumod.directory, key)
    site.offer()
    site.publish("mirror", [*site.archive.glob("pool/*.deb"), site.deb("hello", "2")])
    answer = qlumod("lock", "--archive", f"test=file://{site.top}/mirror", "--json")
    assert answer.status == 0, answer.err
    assert {"hello": "2"}.items() <= {
        package["package"]: package["version"] for package in answer.document["added"]
    }.items()
    there = qlumod("fetch", "--archive", f"test=file://{site.top}/mirror", "--json")
    assert len(there.document["fetched"]) == 3
    wrong = qlumod("fetch", "--archive", "tset=http://mirror.example")
    assert (wrong.status, wrong.out) == (1, "")
    assert "--archive: release 14.0.0 has no archive 'tset'\n" in wrong.err
    none = qlumod("lock", "--archive", "test")
    assert none.status == 2
    assert "Invalid value for '--archive': 'test' has not the form NAME=URI" in none.err


def test_a_relative_directory_is_one_of_the_typists(qlumod: Typed, key: gpg.SigningKey) -> None:
    site = Site(qlumod.directory, key)
    site.offer()
    site.release(extra="\nArchive: folder\nDirectory: ../nowhere\n")
    site.deb("own")
    site.spec("own", "own")
    answer = qlumod("lock", "--archive", "folder=debs", "--json")
    assert answer.status == 0, answer.err
    assert Path(qlumod.directory / "debs/own_1_all.deb").exists()
