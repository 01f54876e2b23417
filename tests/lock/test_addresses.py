"""Archives are where the user says that they are, signed as the release says."""

from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.model.address import Address, address
from qlumod.system.keys import gpg
from tests.conftest import CommandLine
from tests.lock.build_host import BuildHost, versions


def asked(text: str) -> Address:
    return address(text, said="--archive")


def test_a_mirror_takes_the_place_of_the_hosts_own(host: BuildHost) -> None:
    host.host_knows(host.offer())
    own = host.lock()
    mirror = host.publish("mirror", [*host.archive.glob("pool/*.deb"), host.deb("hello", "2")])
    host.addresses = [asked(f"test=file://{mirror.directory}")]
    locked = host.lock(update=())
    assert versions(locked) == {"apt": "1", "base-files": "1", "hello": "2"}
    assert locked.lock.release == own.lock.release
    host.fetch()
    assert all(host.store.has(package.sha256) for package in locked.lock.packages)


def test_a_host_that_knows_no_archive_is_not_asked_for_one_whose_address_is_said(
    host: BuildHost,
) -> None:
    host.offer()
    host.release(URI="", Origin="Debian", Label="Debian")
    host.addresses = [asked(f"test=file://{host.archive}")]
    assert "hello" in versions(host.lock())


def test_a_mirror_is_signed_by_the_key_of_the_release_unless_another_one_is_named(
    host: BuildHost,
) -> None:
    host.offer()
    debs = sorted(host.archive.glob("pool/*.deb"))
    with gpg.throw_away_key() as other:
        mirror = host.publish("mirror", debs, key=other)
        host.addresses = [asked(f"test=file://{mirror.directory}")]
        assert "apt refuses them" in host.refusal()
        host.addresses = [
            Address(
                archive="test",
                said="qlumod.conf:3",
                uri=f"file://{mirror.directory}",
                key=str(mirror.keyring),
            )
        ]
        (header,) = host.lock().lock.archives
        assert header.key == other.fingerprint


def test_a_directory_of_debs_takes_the_place_of_a_vendors_archive(host: BuildHost) -> None:
    host.offer()
    vendor = "\nArchive: vendor\nURI: https://vendor.example/debian\nSuites: stable\n"
    host.release(extra=f"{vendor}Key: {'A' * 40}\n")
    host.deb("beegfs-client")
    (host.top / "debs").rename(host.top / "beegfs")
    host.spec("beegfs", "beegfs-client")
    host.addresses = [asked(f"vendor={host.top}/beegfs")]
    (package,) = host.lock().lock.of("beegfs")
    assert (package.archive, package.filename) == ("vendor", "beegfs-client_1_all.deb")
    host.fetch()
    assert host.store.has(package.sha256)


def test_of_two_addresses_of_one_archive_the_first_one_holds(host: BuildHost) -> None:
    host.offer()
    host.addresses = [asked(f"test=file://{host.archive}"), asked("test=file:///nowhere")]
    assert "hello" in versions(host.lock())


def test_an_address_in_the_configuration_may_be_of_another_releases_archive(
    host: BuildHost,
) -> None:
    host.offer()
    host.addresses = [Address(archive="lustre", said="qlumod.conf:3", uri="https://lustre.example")]
    assert "hello" in versions(host.lock())


def test_a_host_with_a_list_of_mirrors_lends_the_list(host: BuildHost) -> None:
    archive = host.offer()
    mirrors = host.top / "mirrors.list"
    mirrors.write_text(f"file:{host.top}/nowhere\tpriority:1\n{archive.uri}\tpriority:2\n")
    host.host_knows(archive, uri=f"mirror+file:{mirrors}/")
    locked = host.lock()
    assert len(host.fetch().packages) == 3
    kept = [host.store.path(package.sha256) for package in locked.lock.packages]
    assert all(path.is_file() and not path.is_symlink() for path in kept)
    assert len(list(host.archive.glob("pool/*.deb"))) == 3


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
def test_an_address_that_cannot_be_is_refused(host: BuildHost, text: str) -> None:
    host.offer()
    host.release(extra="\nArchive: folder\nDirectory: ../dist\n")
    (host.top / "dist").mkdir()
    host.addresses = [asked(text.replace("TOP", str(host.top)))]
    assert host.refusal() == REFUSALS[text]


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


def test_an_address_is_typed(qlumod: CommandLine, key: gpg.SigningKey) -> None:
    host = BuildHost(qlumod.directory, key)
    host.offer()
    host.publish("mirror", [*host.archive.glob("pool/*.deb"), host.deb("hello", "2")])
    answer = qlumod("lock", "--archive", f"test=file://{host.top}/mirror", "--json")
    assert answer.status == 0, answer.err
    assert {"hello": "2"}.items() <= {
        package["package"]: package["version"] for package in answer.document["added"]
    }.items()
    there = qlumod("fetch", "--archive", f"test=file://{host.top}/mirror", "--json")
    assert len(there.document["fetched"]) == 3
    wrong = qlumod("fetch", "--archive", "tset=http://mirror.example")
    assert (wrong.status, wrong.out) == (1, "")
    assert "--archive: release 14.0.0 has no archive 'tset'\n" in wrong.err
    none = qlumod("lock", "--archive", "test")
    assert none.status == 2
    assert "Invalid value for '--archive': 'test' has not the form NAME=URI" in none.err


def test_a_relative_directory_is_one_of_the_typists(
    qlumod: CommandLine, key: gpg.SigningKey
) -> None:
    host = BuildHost(qlumod.directory, key)
    host.offer()
    host.release(extra="\nArchive: folder\nDirectory: ../nowhere\n")
    host.deb("own")
    host.spec("own", "own")
    answer = qlumod("lock", "--archive", "folder=debs", "--json")
    assert answer.status == 0, answer.err
    assert Path(qlumod.directory / "debs/own_1_all.deb").exists()
