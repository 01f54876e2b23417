"""The main job, done once for all tests that look at its results."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT, CommandLine
from tests.support.documents import copy_specs

MODULES = ("core", "slurm")


@dataclass(frozen=True)
class MainJob:
    """Where the results of lock, fetch and build lie; nobody writes there."""

    directory: Path
    """The working directory: ``module-specs/`` with the lock, ``packages/``."""
    cache: Path
    packages: Path
    """The directory of finished .debs, .changes and .buildinfo."""
    payloads: Mapping[str, Path]
    """The payload directories by module: other tests keep theirs in the same cache."""

    @property
    def specs(self) -> Path:
        return self.directory / "module-specs"

    @property
    def lock(self) -> Path:
        (found,) = (self.specs / "locks").glob("*.lock")
        return found

    def deb(self, name: str) -> Path:
        """The .deb of a package, by its name."""
        (found,) = self.packages.glob(f"{name}_*.deb")
        return found

    def payload(self, module: str) -> Path:
        """The payload directory of a module, in the cache."""
        return self.payloads[module]

    @property
    def qlumod(self) -> CommandLine:
        """The command line in the main job's directory, with its cache."""
        return CommandLine(self.directory, self.cache)


@pytest.fixture(scope="session")
def test_cache() -> Path:
    """The cache that stays between runs of the tests: fetched packages and built layers."""
    cache = Path(os.environ.get("QLUMOD_TEST_CACHE", ROOT / ".cache" / "test"))
    cache.mkdir(parents=True, exist_ok=True)
    return cache.resolve()


@pytest.fixture(scope="session")
def own_packages() -> Path:
    """The directory of qlumod's own packages, built where a source changed."""
    done = subprocess.run(
        [ROOT / "debian" / "build-packages", ROOT / "dist"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return ROOT / "dist"


@pytest.fixture(scope="session")
def main_job(
    tmp_path_factory: pytest.TempPathFactory, test_cache: Path, own_packages: Path
) -> MainJob:
    """Lock, fetch and build core and slurm as a person would; the layers come from the cache."""
    if os.geteuid() != 0:
        pytest.skip("building roots needs root")
    directory = tmp_path_factory.mktemp("main-job")
    copy_specs(directory)
    (directory / "dist").symlink_to(own_packages)
    for words in (
        ("lock",),
        ("fetch",),
        # What lintian says of the packages is a test of its own.
        ("build", *MODULES, "--no-lint", "--output", "packages", "--json"),
    ):
        answer = CommandLine(directory, test_cache).must(*words)
    return MainJob(
        directory=directory,
        cache=test_cache,
        packages=directory / "packages",
        payloads={made["module"]: Path(made["payload"]) for made in answer.document["modules"]},
    )
