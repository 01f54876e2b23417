"""The main job, done once for all tests that look at its results."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import CommandLine
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
def main_job(
    tmp_path_factory: pytest.TempPathFactory, shared_cache: Path, own_packages: Path
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
        answer = CommandLine(directory, shared_cache).must(*words)
    return MainJob(
        directory=directory,
        cache=shared_cache,
        packages=directory / "packages",
        payloads={made["module"]: Path(made["payload"]) for made in answer.document["modules"]},
    )
