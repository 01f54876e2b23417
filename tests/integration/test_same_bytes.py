"""The same lock gives the same bytes: at another time, in another place, of another user."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import CommandLine
from tests.integration.conftest import MODULES, MainJob

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def again(main_job: MainJob, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages of a second build; it shares only the fetched packages with the first."""
    place = tmp_path_factory.mktemp("another-place")
    shutil.copytree(main_job.specs, place / "module-specs")
    (place / "dist").symlink_to(main_job.directory / "dist")
    cache = tmp_path_factory.mktemp("cache")
    (cache / "packages").symlink_to(main_job.cache / "packages")
    qlumod = CommandLine(
        place,
        cache,
        {
            "TZ": "Pacific/Auckland",
            "LANG": "de_DE.UTF-8",
            "DEB_BUILD_OPTIONS": "parallel=1",
            "SOURCE_DATE_EPOCH": "1",
        },
        umask=0o077,
    )
    qlumod.must("build", *MODULES, "--no-lint", "--output", "packages")
    return place / "packages"


def bytes_of(directory: Path) -> dict[str, bytes]:
    """All files, but for the two that tell the time and the machine of their build."""
    return {
        path.name: path.read_bytes()
        for path in sorted(directory.iterdir())
        if path.suffix not in (".buildinfo", ".changes")
    }


def test_two_builds_give_the_same_packages_and_sources(main_job: MainJob, again: Path) -> None:
    first, second = bytes_of(main_job.packages), bytes_of(again)
    assert sorted(first) == sorted(second)
    assert [name for name in first if first[name] != second[name]] == []
    assert {Path(name).suffix for name in first} >= {".deb", ".dsc"}


def test_a_second_build_finds_nothing_to_do(main_job: MainJob) -> None:
    answer = main_job.qlumod("build", *MODULES, "--no-lint", "--output", "packages", "--json")
    assert answer.status == 0, answer.err
    assert "building" not in answer.err
    assert "packaging" not in answer.err
