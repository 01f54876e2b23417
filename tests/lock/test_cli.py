"""``qlumod lock`` and ``qlumod fetch`` as a person types them."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from qlumod.system.keys.gpg import SigningKey
from tests.conftest import ROOT, CommandLine
from tests.lock.build_host import BuildHost
from tests.support.debs import make_deb
from tests.support.documents import copy_specs


@pytest.fixture
def typed_host(qlumod: CommandLine, key: SigningKey) -> BuildHost:
    """A build host in the command line's directory, whose archive has an address of its own."""
    host = BuildHost(qlumod.directory, key)
    host.offer(host.deb("munge", depends="libmunge"), host.deb("libmunge"))
    host.spec("slurm", "munge")
    return host


def test_lock_says_what_came_and_what_moved(qlumod: CommandLine, typed_host: BuildHost) -> None:
    first = qlumod("lock", "--quiet")
    assert first.err == ""
    assert first.out.splitlines() == [
        "+ apt 1 (every root has apt)",
        "+ base-files 1 (essential)",
        "+ hello 1 (requested by core)",
        "+ libmunge 1 (munge depends on it)",
        "+ munge 1 (requested by slurm)",
        "module-specs/locks/14.0.0-bookworm-amd64.lock: written",
        "  module  packages  size    version   why",
        *first.out.splitlines()[-2:],
    ]
    assert first.out.splitlines()[-1].endswith("  14.0.0-1  an initial version")
    typed_host.offer(typed_host.deb("munge", "2"))
    dry = qlumod("lock", "--update", "munge", "--dry-run", "--quiet")
    assert dry.out.splitlines()[:3] == [
        "- libmunge 1",
        "~ munge 1 → 2",
        "module-specs/locks/14.0.0-bookworm-amd64.lock: would be written",
    ]
    document = qlumod("lock", "--update", "--json").document
    assert document["written"] is True
    assert document["moved"] == [{"package": "munge", "old": "1", "new": "2"}]
    assert document["modules"] == {"core": 3, "slurm": 1}
    assert document["revisions"][1] == {
        "module": "slurm",
        "version": "14.0.0-1",
        "predecessor": None,
        "why": "an initial version",
    }


def test_names_without_update_are_refused(qlumod: CommandLine, typed_host: BuildHost) -> None:
    answer = qlumod("lock", "munge")
    assert answer.status == 2
    assert "Error: to move munge, use --update" in answer.err


def test_fetch_reports_what_it_fetched(qlumod: CommandLine, typed_host: BuildHost) -> None:
    assert "there is no lock module-specs/locks/14.0.0-bookworm-amd64.lock" in qlumod("fetch").err
    qlumod("lock")
    assert qlumod("fetch", "--dry-run", "--quiet").out.startswith("5 packages to fetch (")
    fetched = qlumod("fetch", "slurm", "--json").document
    assert [p["package"] for p in fetched["fetched"]] == ["libmunge", "munge"]
    assert qlumod("fetch", "slurm", "--quiet").out == "0 packages fetched (0 B)\n"


def test_a_store_of_ones_own_takes_the_packages(qlumod: CommandLine, typed_host: BuildHost) -> None:
    qlumod("lock")
    given = qlumod("fetch", "--store", "store", "--json").document
    named = qlumod("fetch", "--quiet", QLUMOD_STORE=str(qlumod.directory / "store"))
    assert {f"{p['sha256']}.deb" for p in given["fetched"]} == {
        path.name for path in (qlumod.directory / "store").rglob("*.deb")
    }
    assert named.out == "0 packages fetched (0 B)\n"
    assert not (qlumod.cache / "packages").exists()


@pytest.mark.slow
def test_core_and_slurm_are_locked_from_the_hosts_own_mirror(
    qlumod: CommandLine, key: SigningKey
) -> None:
    specs = copy_specs(qlumod.directory)
    # The real one is built from this source; here only its name matters.
    make_deb(qlumod.directory / "dist", "qlumod-node", "0.1")
    answer = qlumod("lock", "--json")
    assert answer.status == 0, answer.err
    document = answer.document
    assert 150 < document["modules"]["core"] < 350
    assert 5 < document["modules"]["slurm"] < 40
    reasons = {p["package"]: p["reason"] for p in document["added"]}
    assert reasons["libc-bin"] == "essential"
    assert reasons["slurmd"] == "requested by slurm"
    assert reasons["libmunge2"] == "munge depends on it"
    modules = {p["package"]: p["modules"] for p in document["added"]}
    assert modules["libc6"] == ["core"]
    assert modules["munge"] == ["slurm"]
    text = next((specs / "locks").iterdir()).read_text()
    assert "\nArchive: debian-security\nSuite: bookworm-security\n" in text
    again = qlumod("lock", "--json").document
    assert (again["written"], again["added"], again["moved"]) == (False, [], [])
    fetched = qlumod("fetch", "slurm", "--json").document
    assert 5 < len(fetched["fetched"]) < 40
    assert (qlumod.cache / "packages").is_dir()


def test_a_name_that_is_no_module_cannot_be_fetched(
    qlumod: CommandLine, typed_host: BuildHost
) -> None:
    qlumod("lock")
    answer = qlumod("fetch", "slurn")
    assert answer.status == 1
    assert "there is no module 'slurn'" in answer.err


def _open_to_all(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o005 == 0o005 for folder in (path, *path.parents))


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")
@pytest.mark.skipif(not _open_to_all(ROOT), reason="another user cannot read the source")
def test_an_ordinary_user_locks_and_fetches(key: SigningKey) -> None:
    top = Path(tempfile.mkdtemp(prefix="qlumod-", dir="/tmp"))
    try:
        host = BuildHost(top, key)
        make_deb(top / "dist", "own", "1")
        host.release(extra="\nArchive: folder\nFlavors: bookworm\nDirectory: ../dist\n")
        host.spec("core", "own", "hello", requires="")
        host.offer()
        for path in (top, *top.rglob("*")):
            os.chown(path, 65534, 65534)
        nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        qlumod = CommandLine(top, top / "cache", before=nobody)
        for verb in ("lock", "fetch"):
            answer = qlumod.must(verb, "--quiet")
        assert answer.out.startswith("4 packages fetched (")
    finally:
        shutil.rmtree(top)
