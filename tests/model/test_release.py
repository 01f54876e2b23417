"""The release file: what is read, and the whole text of every error."""

import re

import pytest

from qlumod.errors import QlumodError
from qlumod.model.names import FlavorName, ReleaseVersion
from qlumod.model.profile import marked, profile_of
from qlumod.model.release import parse_release, release_text
from qlumod.model.release_archives import UNVERIFIED, Archive
from tests.support.documents import RELEASE

VENDOR = """
Archive: beegfs
Flavors: bookworm
URI: https://example.org/beegfs
Suites: bookworm
Components: non-free
Key: 0123 4567 89ab cdef 0123  4567 89ab cdef 0123 4567
"""
DIRECTORY = """
Archive: site
Directory: ../dist
"""


def error_of(text: str) -> str:
    with pytest.raises(QlumodError) as caught:
        parse_release(text, "release")
    return str(caught.value)


def changed(old: str, new: str) -> str:
    assert old in RELEASE
    return RELEASE.replace(old, new)


def test_a_release_says_what_its_fields_say() -> None:
    release = parse_release(RELEASE + VENDOR + DIRECTORY, "release")
    assert release.version == ReleaseVersion(14, 0, 0)
    assert (release.flavors, release.default_flavor) == (("bookworm", "trixie"), "bookworm")
    assert release.excludes == ("/usr/share/man/*",)
    assert release.archives == (
        Archive(
            name="debian",
            flavors=(FlavorName("bookworm"), FlavorName("trixie")),
            origin="Debian",
            label="Debian",
            suites=("bookworm",),
            components=("main",),
            key="/usr/share/keyrings/debian-archive-keyring.gpg",
        ),
        Archive(
            name="beegfs",
            flavors=(FlavorName("bookworm"),),
            uri="https://example.org/beegfs",
            suites=("bookworm",),
            components=("non-free",),
            key="0123456789ABCDEF0123456789ABCDEF01234567",
        ),
        Archive(
            name="site",
            flavors=(FlavorName("bookworm"), FlavorName("trixie")),
            directory="../dist",
        ),
    )
    assert [a.name for a in release.archives_of(FlavorName("trixie"))] == ["debian", "site"]


def test_an_archive_may_be_another_one_for_each_flavor() -> None:
    text = RELEASE.replace("Archive: debian\n", "Archive: debian\nFlavors: bookworm\n")
    second = text.partition("\n\n")[2].replace("bookworm", "trixie")
    release = parse_release(f"{text}\n{second}", "release")
    assert [(a.name, a.suites) for a in release.archives_of(FlavorName("trixie"))] == [
        ("debian", ("trixie",))
    ]


def test_a_vendors_key_may_wait_for_somebody_who_makes_sure_of_it() -> None:
    vendor = re.sub("Key: .*", "Key: unverified\nOn-Request: yes", VENDOR)
    archive = parse_release(RELEASE + vendor, "release").archives[-1]
    assert (archive.key, archive.on_request) == (UNVERIFIED, True)


def test_a_release_read_from_its_canonical_text_is_the_same() -> None:
    vendor = VENDOR + "On-Request: yes\n"
    release = parse_release(RELEASE + vendor + DIRECTORY, "release")
    again = parse_release(release_text(release), "release")
    assert (again.digest, again.archives) == (release.digest, release.archives)
    assert release_text(again) == release_text(release)


def test_comments_do_not_change_the_digest() -> None:
    plain = parse_release(RELEASE, "release")
    told = parse_release("# why\n" + RELEASE, "release")
    assert told.digest == plain.digest
    assert told.text != plain.text


def test_a_flavor_is_made_of_debs_where_the_release_does_not_say_otherwise() -> None:
    plain = parse_release(RELEASE, "release")
    said = "Packaging:\n trixie  toys\n"
    release = parse_release(RELEASE.replace("Architectures:", f"{said}Architectures:"), "release")
    names = [release.packaging_of(flavor) for flavor in release.flavors]
    assert names == ["deb", "toys"]
    assert parse_release(release_text(release), "again").packagings == release.packagings
    assert release.digest != plain.digest
    assert "Packaging" not in release_text(plain)


def test_the_packaging_of_a_flavor_is_one_word_for_a_flavor_that_there_is() -> None:
    said = "Packaging:\n sid deb\n trixie deb\n trixie toys\n bookworm RPM\n"
    text = error_of(RELEASE.replace("Architectures:", f"{said}Architectures:"))
    line = RELEASE.splitlines().index("Architectures: amd64") + 1
    assert text == (
        f"release:{line}: Packaging: 'sid' does not stand under Flavors\n"
        f"release:{line}: Packaging: 'trixie' is named twice\n"
        f"release:{line + 4}: Packaging: 'RPM' is no packaging: it is a name such as 'deb'"
    )


PROFILES = "Profiles:\n dev zstd 1 256K\n ci zstd 3 1M\n"


def test_a_profile_is_the_release_compressed_otherwise_and_says_so() -> None:
    plain = parse_release(RELEASE, "release")
    release = parse_release(
        RELEASE.replace("Architectures:", f"{PROFILES}Architectures:", 1), "release"
    )
    assert release.digest == plain.digest, "the release itself does not depend on its profiles"
    assert release.in_profile("release") is release
    dev = release.in_profile("dev")
    assert (str(dev.compression), dev.profile) == ("zstd 1 256K", "dev")
    assert len({release.digest, dev.digest, release.in_profile("ci").digest}) == 3
    again = parse_release(release_text(dev), "release")
    assert (again.digest, again.profile) == (dev.digest, "dev")
    with pytest.raises(QlumodError) as caught:
        release.in_profile("fast")
    assert str(caught.value) == (
        "release 14.0.0 has no profile 'fast'\n"
        "To mend it: choose from release, dev, ci, or name it in the field Profiles of the release"
    )


@pytest.mark.parametrize(
    "version, profile",
    [
        ("14.0.0-1", "release"),
        ("14.0.0-1~bpo12+1", "release"),
        ("14.0.0-12~profile.dev", "dev"),
        ("1.2-3", "release"),
    ],
)
def test_a_version_says_in_which_profile_its_packages_were_made(version: str, profile: str) -> None:
    assert profile_of(version) == profile
    assert marked("14.0.0-1", "ci") == "14.0.0-1~profile.ci"
    assert marked("14.0.0-1", "") == "14.0.0-1"


FAULTS = {
    "two profiles of one name": (
        changed(
            "Architectures: amd64\n",
            f"Architectures: amd64\n{PROFILES} release zstd 1 1M\n dev zstd 2 1M\n",
        ),
        "release:10: Profiles: there is a profile 'dev' already\n"
        "release:10: Profiles: there is a profile 'release' already",
    ),
    "missing fields": (
        "Format: 1\nVersion: 14.0.0\n",
        "release:1: Default-Flavor: the field is missing\n"
        "release:1: Flavors: the field is missing\n"
        "release:1: Architectures: the field is missing\n"
        "release:1: Prefix: the field is missing\n"
        "release:1: Origin: the field is missing\n"
        "release:1: Label: the field is missing\n"
        "release:1: Maintainer: the field is missing",
    ),
    "a meta-version": (
        changed("14.0.0", "14.0"),
        "release:2: Version: '14.0' is no release version: it has the form x.y.z",
    ),
    "a prefix that names a module": (
        changed("Prefix: qlustar", "Prefix: qlustar-module"),
        "release:3: Prefix: 'qlustar-module' is no prefix: lower-case letters, digits, '+' and '.'",
    ),
    "a maintainer with a variable of dpkg's": (
        changed("A Person <person", "A ${Newline} Person <person"),
        "release:6: Maintainer: 'A ${Newline} Person <person@example.org>' is no maintainer: it "
        "has the form 'Name <user@host>'",
    ),
    "a maintainer without an address": (
        changed("A Person <person@example.org>", "A Person"),
        "release:6: Maintainer: 'A Person' is no maintainer: it has the form 'Name <user@host>'",
    ),
    "flavors": (
        changed("bookworm trixie", "bookworm Trixie"),
        "release:7: Flavors: 'Trixie' is no flavor: it is a code name such as 'bookworm'",
    ),
    "a default that is no flavor": (
        changed("Default-Flavor: bookworm", "Default-Flavor: sid"),
        "release:8: Default-Flavor: 'sid' does not stand under Flavors",
    ),
    "an architecture": (
        changed("amd64", "amd64 ../x"),
        "release:9: Architectures: '../x' is no architecture: it is a name such as 'amd64'",
    ),
    "a compression": (
        changed("Architectures: amd64\n", "Architectures: amd64\nCompression: zstd 23 2M\n"),
        "release:10: Compression: 'zstd 23 2M' is no compression: it is 'zstd', a level from 1 to "
        "22, and a block size (4K, 8K, 16K, 32K, 64K, 128K, 256K, 512K, 1M)",
    ),
    "an archive of two kinds": (
        changed("Suites:", "URI: http://example.org/\nSuites:"),
        "release:12: Archive: an archive has exactly one of the fields Origin, URI and "
        "Directory, not Origin and URI",
    ),
    "an archive of no kind": (
        changed("Origin: Debian\n", ""),
        "release:12: Archive: an archive has exactly one of the fields Origin, URI and Directory",
    ),
    "an archive that nobody signs": (
        changed("Key: /usr/share/keyrings/debian-archive-keyring.gpg\n", ""),
        "release:12: Key: the field is missing",
    ),
    "a distribution's archive whose key nobody made sure of": (
        changed("/usr/share/keyrings/debian-archive-keyring.gpg", "unverified"),
        "release:17: Key: an archive of the distribution has a keyring: name it",
    ),
    "a short key id": (
        changed("/usr/share/keyrings/debian-archive-keyring.gpg", "89abcdef"),
        "release:17: Key: '89abcdef' is no key: a keyring's absolute path, a fingerprint of 40 "
        "digits, or 'unverified'",
    ),
    "an unknown flavor of an archive": (
        RELEASE + VENDOR.replace("bookworm", "sid", 1),
        "release:20: Flavors: the release has no flavor 'sid'",
    ),
    "an address of another kind": (
        RELEASE + VENDOR.replace("https://", "ftp://"),
        "release:21: URI: 'ftp://example.org/beegfs' is no address: it begins with http://, "
        "https:// or file://",
    ),
    "suites and components": (
        changed("Suites: bookworm", "Suites: ../bookworm").replace("main", "main/../x"),
        "release:15: Suites: '../bookworm' is no suite: it is a name such as 'bookworm-updates'\n"
        "release:16: Components: 'main/../x' is no component: it is a name such as 'main'",
    ),
    "a directory with fields of an archive": (
        RELEASE + DIRECTORY + "Suites: bookworm\n",
        "release:21: Suites: a directory of .debs has no such field",
    ),
    "a directory with a shell character": (
        RELEASE + DIRECTORY.replace("../dist", "$HOME/dist"),
        "release:20: Directory: '$HOME/dist' is no directory: blanks and shell characters are "
        "not allowed",
    ),
    "a directory of the system": (
        RELEASE + DIRECTORY.replace("../dist", "/srv/../etc"),
        "release:20: Directory: '/srv/../etc' is a directory of the system, not one of .debs: name "
        "one of your own",
    ),
    "two archives of one name": (
        RELEASE + DIRECTORY.replace("site", "debian"),
        "release:19: Archive: 'debian' is named twice for bookworm: first in line 12\n"
        "release:19: Archive: 'debian' is named twice for trixie: first in line 12",
    ),
    "a flavor without an archive": (
        changed("Archive: debian\n", "Archive: debian\nFlavors: bookworm\n"),
        "release:1: Flavors: flavor 'trixie' has no archive",
    ),
    "an unknown field of an archive": (
        changed("Suites:", "Suite:"),
        "release:12: Suites: the field is missing\n"
        "release:15: unknown field 'Suite'; did you mean 'Suites'?",
    ),
    "'trusted' in any spelling": (
        changed("Suites:", "Trusted: yes\nSuites:"),
        "release:15: unknown field 'Trusted'; known are Archive, Components, Directory, "
        "Expired-Because, Flavors, Key, Label, On-Request, Origin, Suites, URI",
    ),
}


@pytest.mark.parametrize("text, error", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_file_and_line(text: str, error: str) -> None:
    assert error_of(text) == error
