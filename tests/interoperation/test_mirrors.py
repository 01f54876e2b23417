"""Our repository is read by the programs that people mirror repositories with."""

from pathlib import Path

import pytest

from tests.interoperation.conftest import Signer, client, fetched, run, served_by_qlumod
from tests.package.conftest import Built
from tests.repository.client import Client
from tests.repository.conftest import SUITE, SmallRepository

PAYLOAD = "qlustar-module-core-bookworm-amd64-14.0.0"
FOREIGN = "everyday"


@pytest.fixture
def published(repository: SmallRepository, core: Built) -> Built:
    """core, its source package, and a package for one architecture only."""
    head = repository.deb("qlumod-head", "1.0")
    repository.publish(core.file(".changes"), head, repository.deb(FOREIGN, architecture="amd64"))
    return core


def check(reader: Client, core: Built) -> None:
    """A client of the mirror gets what we published."""
    assert fetched(reader, PAYLOAD) == core.deb(PAYLOAD).read_bytes()
    assert reader.offered(FOREIGN) == ["1.0"]
    reader.must("apt-get", "--download-only", "source", "qlustar-module-core-bookworm-amd64")


def test_aptly_mirrors_the_suite_and_publishes_it(
    aptly, work: Path, signer: Signer, published: Built, http: str
) -> None:
    aptly("mirror", "create", "-with-sources", f"-keyring={signer.keyring}", "ours", http, SUITE)
    aptly("mirror", "update", f"-keyring={signer.keyring}", "ours")
    aptly("snapshot", "create", "today", "from", "mirror", "ours")
    key = f"-gpg-key={signer.key.fingerprint}"
    aptly("publish", "snapshot", "-batch", key, f"-distribution={SUITE}", "today")
    check(client(work / "client", f"file:{work}/aptly/public", signer), published)


def test_reprepro_updates_itself_from_the_suite(
    reprepro, work: Path, signer: Signer, published: Built, http: str
) -> None:
    with (work / "reprepro/conf/distributions").open("a") as conf:
        conf.write("Update: ours\n")
    (work / "reprepro/conf/updates").write_text(
        f"Name: ours\nMethod: {http}\nVerifyRelease: {signer.long_id}\n"
    )
    reprepro("update", SUITE)
    check(client(work / "client", f"file:{work}/reprepro", signer), published)


def test_debmirror_checks_our_signature_and_its_mirror_is_whole(
    work: Path, signer: Signer, published: Built, http: str
) -> None:
    run(
        "debmirror", f"--host={http.removeprefix('http://')}", "--method=http", "--root=/",
        f"--dist={SUITE}", "--section=main", "--arch=amd64", f"--keyring={signer.keyring}",
        "--getcontents", "--source", work / "mirror",
        home=work,
    )  # fmt: skip
    with served_by_qlumod(work / "mirror") as address:
        check(client(work / "client", address, signer), published)


def test_apt_mirror_brings_all_that_a_client_needs(
    work: Path, signer: Signer, published: Built, http: str
) -> None:
    # It knows no ports: our server takes the place of a proxy.
    host = "packages.example.org"
    (work / "mirror.list").write_text(
        f"set base_path {work}/mirror\nset defaultarch amd64\nset run_postmirror 0\n"
        f"set use_proxy on\nset http_proxy {http}\n"
        # The index of what is for all architectures is one of its own.
        f"deb-amd64 http://{host} {SUITE} main\ndeb-all http://{host} {SUITE} main\n"
        f"deb-src http://{host} {SUITE} main\n"
    )
    for folder in ("mirror", "skel", "var"):
        (work / "mirror" / folder).mkdir(parents=True)
    run("apt-mirror", work / "mirror.list", home=work)
    with served_by_qlumod(work / "mirror/mirror" / host) as address:
        check(client(work / "client", address, signer), published)
