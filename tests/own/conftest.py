"""qlumod's own packages, as each suite builds them in a clean root."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from qlumod.system.run import capture, command
from tests.integration.conftest import own_packages, test_cache
from tests.support.roots import SUITES, debian_root, play

__all__ = ["own_packages", "test_cache"]

BUILD = """
set -e
# What the suite's own tools say of the packages is told, and nothing else.
exec 3>&1 >/work/log 2>&1
unset SOURCE_DATE_EPOCH
apt-get -q update
cd /work/qlumod
apt-get -q -y build-dep ./
dpkg-buildpackage -us -uc
"""
LINT = """
apt-get -q -y install lintian
lintian --no-cfg --allow-root --pedantic -EI --display-info --fail-on none /work/*.changes >&3
"""


@dataclass(frozen=True)
class Own:
    """Our packages as a suite builds them; `directory` is a repository that apt takes, too."""

    suite: str
    root: Path
    """A root of the suite with apt and nothing else."""
    directory: Path
    lintian: tuple[str, ...]
    """What its lintian says; bookworm's is asked on this machine."""

    def deb(self, name: str) -> Path:
        (found,) = self.directory.glob(f"{name}_*.deb")
        return found


@pytest.fixture(scope="session")
def source(own_packages: Path) -> Path:
    """Our source package."""
    (found,) = own_packages.glob("*.dsc")
    return found


@pytest.fixture(scope="session", params=SUITES)
def own(
    request: pytest.FixtureRequest,
    source: Path,
    test_cache: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Own:
    """Our packages, built in a clean root of the suite with the build dependencies only."""
    if os.geteuid() != 0:
        pytest.skip("building roots needs root")
    suite: str = request.param
    root = debian_root(test_cache, suite)
    place = tmp_path_factory.mktemp(f"own-{suite}")
    capture(command("dpkg-source", "--no-check", "--extract", source, place / "qlumod"))
    status, lines = play(
        root,
        BUILD + (LINT if suite != "bookworm" else ""),
        scratch=place / "scratch",
        handed=[(place, "/work")],
        online=True,
    )
    assert status == 0, (place / "log").read_text()
    packages = subprocess.check_output(["apt-ftparchive", "packages", "."], cwd=place)
    (place / "Packages").write_bytes(packages)
    return Own(suite=suite, root=root, directory=place, lintian=tuple(lines))
