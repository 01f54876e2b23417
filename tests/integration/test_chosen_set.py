"""The modules that CI builds for real, side by side, of all that there are in each flavor."""

import os
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.integration.conftest import typed
from tests.support.documents import copy_specs

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "flavor, modules",
    [
        ("bookworm", ("core", "slurm", "samba-4.17", "ha")),
        ("trixie", ("core", "slurm")),
    ],
)
def test_the_chosen_modules_are_built_of_the_lock_of_all(
    flavor: str, modules: tuple[str, ...], tmp_path: Path, test_cache: Path, own_packages: Path
) -> None:
    if os.geteuid() != 0:
        pytest.skip("building roots needs root")
    # All of them are solved together; so the lock is that of a release.
    copy_specs(tmp_path, *(path.stem for path in (ROOT / "module-specs").glob("*.module")))
    (tmp_path / "dist").symlink_to(own_packages)
    for words in (
        ("lock", "--flavor", flavor),
        # What lintian says of packages, the main job's tests ask.
        ("build", *modules, "--flavor", flavor, "--no-lint", "--output", "packages"),
    ):
        answer = typed(tmp_path, test_cache, *words)
        assert answer.status == 0, f"qlumod {' '.join(words)}\n{answer.out}{answer.err}"
    made = {path.name.partition("_")[0] for path in (tmp_path / "packages").glob("*-14.0.0_*.deb")}
    assert made == {f"qlustar-module-{module}-{flavor}-amd64-14.0.0" for module in modules}
