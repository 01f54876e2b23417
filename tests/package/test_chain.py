"""apt and dpkg follow the chain from the short package to the payloads."""

import os
import subprocess
from pathlib import Path

import pytest

from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture
from tests.package.conftest import Built
from tests.support.archive import make_archive
from tests.support.debs import make_deb

CHAIN = [
    "qlumod-head",
    "qlustar-module-core-bookworm-amd64-14.0.0",
    "qlustar-module-slurm",
    "qlustar-module-slurm-bookworm-amd64-14",
    "qlustar-module-slurm-bookworm-amd64-14.0",
    "qlustar-module-slurm-bookworm-amd64-14.0.0",
]


@pytest.fixture(scope="session")
def debs(core: Built, slurm: Built, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    head = make_deb(tmp_path_factory.mktemp("head"), "qlumod-head", "0.1.0")
    return [head, *(path for path in (*core.files, *slurm.files) if path.suffix == ".deb")]


@pytest.fixture
def apt(debs: list[Path], tmp_path: Path) -> dict[str, str]:
    """The environment of an apt that knows only the archive of these packages."""
    archive = make_archive(tmp_path / "archive", debs)
    root = tmp_path / "apt"
    for directory in ("etc/apt/apt.conf.d", "var/lib/dpkg", "var/lib/apt/lists/partial"):
        (root / directory).mkdir(parents=True)
    (root / "var/cache/apt/archives/partial").mkdir(parents=True)
    (root / "var/lib/dpkg/status").touch()
    (root / "etc/apt/sources.list").write_text(archive.sources_line)
    (root / "apt.conf").write_text(
        f'Dir "{root}";\nDir::State::status "{root}/var/lib/dpkg/status";\n'
        'APT::Architecture "amd64";\nAPT::Sandbox::User "root";\n'
    )
    environment = {"APT_CONFIG": str(root / "apt.conf")}
    capture(command("apt-get", "update", environment=environment))
    return environment


def test_apt_follows_the_short_package_to_core_and_the_head_package(apt: dict[str, str]) -> None:
    said = capture(
        command("apt-get", "-s", "install", "qlustar-module-slurm", environment=apt)
    ).decode()
    chosen = sorted(line.split()[1] for line in said.splitlines() if line.startswith("Inst "))
    assert chosen == CHAIN


def test_dpkg_installs_upgrades_nothing_twice_and_purges_all_of_it(
    debs: list[Path], tmp_path: Path
) -> None:
    root = tmp_path / "root"
    for directory in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "var/log"):
        (root / directory).mkdir(parents=True)
    for name in ("status", "available"):
        (root / "var/lib/dpkg" / name).touch()

    def dpkg(*words: str | Path) -> str:
        done = subprocess.run(
            ["dpkg", f"--root={root}", "--force-not-root", *map(str, words)],
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    dpkg("--install", *debs)
    assert (dpkg("--audit"), dpkg("--verify")) == ("", "")
    document = root / "usr/share/doc/qlustar-module-slurm-bookworm-amd64-14.0.0/slurm.contents.gz"
    assert document.resolve().is_file()
    names = [line.split("\t")[0] for line in dpkg("--get-selections").splitlines()]
    dpkg("--purge", *names)
    left = [path for path in root.rglob("*") if "var" not in path.relative_to(root).parts]
    assert left == []
