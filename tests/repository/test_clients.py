"""Real apt clients and what they make of a repository."""

import re
import subprocess
import threading
import time
from pathlib import Path

import pytest

from qlumod.events import ignore
from qlumod.repository.verbs.serve import server
from qlumod.system.keys.gpg import make_key
from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture
from tests.repository.client import Client
from tests.repository.conftest import SUITE, SmallRepository


@pytest.fixture
def http(repository: SmallRepository):
    with server(repository.root, "127.0.0.1", 0, listen=ignore) as serving:
        thread = threading.Thread(target=serving.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_address[1]}"
        serving.shutdown()
        thread.join()


def install_scenario(client: Client) -> None:
    client.update()
    client.install("everyday", "needed")
    assert client.installed() == {"everyday": "1.0", "needed": "1.0"}
    assert (client.root / "usr/share/everyday").read_text() == "text"


def pair(repository: SmallRepository, version: str = "1.0") -> list[Path]:
    return [
        repository.deb(
            "everyday",
            version,
            depends=f"needed (= {version})",
            files={"/usr/share/everyday": "text"},
        ),
        repository.deb("needed", version, architecture="amd64"),
    ]


def test_a_client_with_the_sources_text_installs_from_a_directory(
    repository: SmallRepository,
) -> None:
    repository.publish(*pair(repository))
    install_scenario(repository.client())


def test_a_client_with_the_sources_text_installs_over_http(
    repository: SmallRepository, http: str
) -> None:
    repository.publish(*pair(repository))
    install_scenario(repository.client(uri=http))


def test_two_publications_within_a_second_are_told_apart_by_their_times(
    repository: SmallRepository,
) -> None:
    """Servers say what is new by the time of a file, to the second."""
    times = []
    for version in ("1.0", "1.1"):
        repository.publish(repository.deb("everyday", version))
        times.append((repository.root / "dists" / SUITE / "InRelease").stat().st_mtime)
    assert times[0] + 1 == times[1] == repository.current.date


def test_a_snapshot_is_a_repository_of_its_own_for_good(
    repository: SmallRepository, http: str
) -> None:
    first = repository.publish(*pair(repository))
    repository.publish(*pair(repository, "1.1"))
    client = repository.client(uri=f"{http}/snapshots/{first.snapshot}")
    install_scenario(client)


def test_a_client_that_trusts_another_key_refuses_the_repository(
    repository: SmallRepository, tmp_path_factory: pytest.TempPathFactory
) -> None:
    repository.publish(*pair(repository))
    client = repository.client()
    other = make_key(tmp_path_factory.mktemp("k"), "Somebody else")
    keyring = client.root / "other.asc"
    keyring.write_bytes(capture(command("gpg", "--homedir", other.home, "--armor", "--export")))
    sources = client.root / "etc/apt/sources.list.d/test.sources"
    head, _, _ = sources.read_text().partition("Signed-By:")
    sources.write_text(f"{head}Signed-By: {keyring}\n")
    done = client("apt-get", "update")
    assert done.returncode == 100
    # In the words of gpgv, or of sqv, by which apt 3 verifies.
    assert re.search("NO_PUBKEY|Missing key", done.stdout)
    assert client.offered("everyday") == []


def test_a_client_refuses_a_package_whose_bytes_were_changed_on_the_server(
    repository: SmallRepository, http: str
) -> None:
    repository.publish(repository.deb("everyday"))
    client = repository.client(uri=http)
    client.update()
    published = repository.root / "pool/main/e/everyday/everyday_1.0_all.deb"
    data = published.read_bytes()
    published.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    done = client("apt-get", "-y", "install", "everyday")
    assert done.returncode == 100
    assert "Hash Sum mismatch" in done.stdout


def test_a_client_of_another_architecture_gets_the_packages_for_all(
    repository: SmallRepository,
) -> None:
    repository.publish(repository.deb("everyday"), repository.deb("node", architecture="arm64"))
    client = repository.client(architecture="arm64")
    client.update()
    assert (client.offered("everyday"), client.offered("node")) == (["1.0"], ["1.0"])


def test_a_client_of_an_architecture_without_an_index_gets_the_packages_for_all(
    repository: SmallRepository,
) -> None:
    repository.publish(repository.deb("everyday"), repository.deb("node", architecture="amd64"))
    client = repository.client(architecture="riscv64")
    client.update()
    assert (client.offered("everyday"), client.offered("node")) == (["1.0"], [])


def test_a_client_fetches_a_source_package(repository: SmallRepository, http: str) -> None:
    repository.publish(*source_package(repository))
    client = repository.client(uri=http)
    client.update()
    client.must("apt-get", "--download-only", "source", "tool")
    assert sorted(path.name for path in client.root.glob("tool_*")) == [
        "tool_1.0-1.debian.tar.xz",
        "tool_1.0-1.dsc",
        "tool_1.0.orig.tar.xz",
    ]


def source_package(repository: SmallRepository) -> list[Path]:
    """A 3.0 (quilt) source package with its .deb, as dpkg-buildpackage leaves them."""
    tree = repository.work / "source" / "tool-1.0"
    (tree / "debian/source").mkdir(parents=True)
    (tree / "debian/control").write_text(
        "Source: tool\nMaintainer: T <t@example.org>\nStandards-Version: 4.6.2\n\n"
        "Package: tool\nArchitecture: all\nDescription: a tool\n"
    )
    (tree / "debian/changelog").write_text(
        "tool (1.0-1) unstable; urgency=low\n\n  * Made.\n\n"
        " -- T <t@example.org>  Tue, 14 Nov 2023 22:13:20 +0000\n"
    )
    (tree / "debian/rules").write_text("#!/usr/bin/make -f\n")
    (tree / "debian/source/format").write_text("3.0 (quilt)\n")
    (repository.work / "source/empty").mkdir()
    subprocess.run(
        [
            "tar",
            "-C",
            repository.work / "source/empty",
            "-cJf",
            repository.work / "source/tool_1.0.orig.tar.xz",
            ".",
        ],
        check=True,
    )
    subprocess.run(
        ["dpkg-source", "-b", "tool-1.0"],
        cwd=repository.work / "source",
        check=True,
        capture_output=True,
    )
    return [repository.work / "source/tool_1.0-1.dsc", repository.deb("tool", "1.0-1")]


def test_indexes_of_earlier_publications_stay_reachable_by_their_digests(
    repository: SmallRepository,
) -> None:
    repository.publish(repository.deb("everyday", "1.0"))
    first = repository.current
    for version in ("1.1", "1.2"):
        repository.publish(repository.deb("everyday", version))
    served = repository.root / "dists" / SUITE
    for path in first.stored_indexes():
        by_hash = served / Path(path).parent / "by-hash/SHA256" / first.sums[path].sha256
        assert by_hash.read_bytes() == (first.directory / path).read_bytes()
        assert by_hash.stat().st_ino == (first.directory / path).stat().st_ino


def test_a_stale_client_can_still_fetch_what_its_index_names(
    repository: SmallRepository, http: str
) -> None:
    repository.publish(*pair(repository))
    client = repository.client(uri=http)
    client.update()
    repository.publish(*pair(repository, "1.1"))
    client.install("everyday")
    assert client.installed() == {"everyday": "1.0", "needed": "1.0"}


def test_a_suite_that_is_no_longer_valid_is_refused_by_clients(repository: SmallRepository) -> None:
    repository.publish(repository.deb("everyday"), date=None, valid_for=86400)
    client = repository.client()
    client.update()
    config = client.root / "apt.conf"
    config.write_text(config.read_text() + "Acquire::Max-ValidTime 1;\n")
    # As apt would say after the day: the smaller limit counts.
    time.sleep(2.1)
    done = client("apt-get", "update")
    assert "Release file" in done.stdout and "expired" in done.stdout, done.stdout
