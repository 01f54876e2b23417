"""The packages by which clients follow a repository: its keys, and the suites of a release."""

import subprocess
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import ignore
from qlumod.packaging.debian.deb import Deb
from qlumod.repository.format.settings import Wishes
from qlumod.system.keys.gpg import make_key
from qlumod.workflows.keyring import client_packages
from tests.repository.conftest import SUITE, SmallRepository

NEXT = "14.1-bookworm"


def made(repository: SmallRepository, *suites: str) -> list[Path]:
    place = repository.work / "made"
    return [
        *client_packages(repository.root, suites=suites, output=place, lint=False, listen=ignore)
    ]


def fields(deb: Path) -> str:
    return subprocess.run(
        ["dpkg-deb", "-f", deb], capture_output=True, text=True, check=True
    ).stdout


def test_a_client_that_installs_them_follows_the_release_and_switches_to_the_next(
    repository: SmallRepository,
) -> None:
    repository.publish(repository.deb("everyday", "1.0"))
    repository.publish(repository.deb("everyday", "2.0"), suite=NEXT)
    packages = made(repository)
    assert [deb.name for deb in packages] == [
        "qlustar-archive-keyring_1_all.deb",
        "qlustar-sources-list-14.0_1_all.deb",
        "qlustar-sources-list-14.1_1_all.deb",
    ]
    for suite in (SUITE, NEXT):
        repository.publish(*packages, suite=suite)
    client = repository.client()
    client.update()
    client.install("qlustar-sources-list-14.0")
    # From now on the client has nothing but what the packages brought.
    (client.root / "etc/apt/sources.list.d/test.sources").unlink()
    sources = client.root / "etc/apt/sources.list.d/qlustar.sources"
    keyring = "/usr/share/keyrings/qlustar-archive-keyring.gpg"
    assert sources.read_text() == (
        "Types: deb deb-src\n"
        f"URIs: {repository.uri}\n"
        f"Suites: {SUITE}\n"
        "Components: main\n"
        f"Signed-By: {keyring}\n"
    )
    client.install("qlustar-sources-list-14.1")
    assert f"Suites: {NEXT}\n" in sources.read_text()
    assert "qlustar-sources-list-14.0" not in client.installed()
    # apt takes the path as it stands, whatever its Dir is.
    inside = f"{client.root}{keyring}"
    sources.write_text(sources.read_text().replace(keyring, inside))
    client.update()
    assert client.offered("everyday") == ["2.0"]


def test_the_header_of_a_changelog_depends_on_no_version_of_python(
    repository: SmallRepository, untried: None
) -> None:
    """It names Unix, as in Python 3.11; `gzip.compress` of 3.13 names no system."""
    repository.publish(repository.deb("everyday"))
    for deb in made(repository):
        path = f"usr/share/doc/{deb.name.partition('_')[0]}/changelog.gz"
        assert Deb.at(deb).texts([path])[path][:10].hex() == "1f8b0800000000000203"


def test_what_is_published_comes_out_the_same_and_what_changed_gets_the_next_version(
    repository: SmallRepository, untried: None
) -> None:
    repository.publish(repository.deb("everyday"))
    first = made(repository, SUITE)
    bytes_of = [deb.read_bytes() for deb in first]
    repository.publish(*first)
    again = made(repository, SUITE)
    assert (again, [deb.read_bytes() for deb in again]) == (first, bytes_of)
    repository.publish(repository.deb("everyday"), suite="14.0-trixie")
    changed = made(repository)
    assert [deb.name for deb in changed] == [
        "qlustar-archive-keyring_1_all.deb",
        "qlustar-sources-list-14.0_2_all.deb",
    ]
    assert "Conflicts: qlustar-sources-list\n" in fields(changed[1])
    assert "Maintainer: Test archive <test@example.org>\n" in fields(changed[1])


def test_a_suite_of_no_release_has_no_package(repository: SmallRepository, untried: None) -> None:
    repository.publish(repository.deb("everyday"), suite="testing")
    assert [deb.name for deb in made(repository)] == ["qlustar-archive-keyring_1_all.deb"]
    with pytest.raises(QlumodError) as told:
        made(repository, "testing")
    assert str(told.value) == "testing is of no release: it is named such as '14.0-bookworm'"


def test_an_error_of_lintian_stops_it(
    repository: SmallRepository, keys: Path, untried: None
) -> None:
    nobody = make_key(keys, "Nobody").fingerprint
    repository.publish(repository.deb("everyday"), wishes=Wishes(keys=(nobody,)))
    with pytest.raises(QlumodError) as told:
        client_packages(repository.root, output=repository.work / "made", listen=ignore)
    assert str(told.value).splitlines()[:2] == [
        "clients' packages: lintian finds errors in the packages, which are not handed on",
        "  E: qlustar-archive-keyring: bogus-mail-host Maintainer root@localhost",
    ]
    assert not any((repository.work / "made").iterdir())


def test_the_verb_prints_what_it_made(repository: SmallRepository, qlumod, untried: None) -> None:
    repository.publish(repository.deb("everyday"))
    answer = qlumod("repo", "keyring", repository.root, "--output", "made", "--json")
    # lintian has nothing to say of them.
    assert "lintian: W:" not in answer.err
    told = answer.document
    assert [Path(path).name for path in told["packages"]] == [
        "qlustar-archive-keyring_1_all.deb",
        "qlustar-sources-list-14.0_1_all.deb",
    ]
