"""Versions of slurm and core, built for real, in archives as they grow, with a head node's own."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from qlumod.model.contents import PackageLine
from qlumod.model.names import Digest
from qlumod.package.source_plan import SourcePlan
from tests.package.conftest import build
from tests.package.small import EPOCH, plan, predecessor
from tests.support.archive import make_archive

DAY = 86_400
HEAD = ("python3-qlumod", "qlumod-head")


@dataclass(frozen=True)
class Offers:
    """A directory with an archive for each state, and one of .debs for each version's packages."""

    place: Path
    """``first``: 14.0.0-1 of both modules. ``second``: slurm 14.0.0-2 as well, with another munge.
    ``third``: 14.0.1-1 of both as well. ``14.0.0-2`` and ``14.0.1-1``: what is new in each."""

    def new(self, version: str) -> list[Path]:
        """The .debs that came with a version."""
        return sorted((self.place / version).iterdir())


@pytest.fixture(scope="session")
def offers(tmp_path_factory: pytest.TempPathFactory, own_packages: Path) -> Offers:
    """All of it, once."""
    place = tmp_path_factory.mktemp("offers")
    # apt reads archives as a user without rights.
    place.chmod(0o755)
    core, slurm = plan("core", core=1), plan("slurm", core=1)
    older = predecessor(slurm, _with_older_munge(slurm))
    again = plan("slurm", before=older, epoch=EPOCH + DAY, slurm=2, core=1)
    epoch = EPOCH + 2 * DAY
    next_core = plan("core", before=predecessor(core), version="14.0.1", epoch=epoch, core=1)
    next_slurm = plan("slurm", before=predecessor(again), version="14.0.1", epoch=epoch, core=1)
    debs = [path for name in HEAD for path in own_packages.glob(f"{name}_*.deb")]
    for state, version, plans in (
        ("first", "14.0.0-1", (core, slurm)),
        ("second", "14.0.0-2", (again,)),
        ("third", "14.0.1-1", (next_core, next_slurm)),
    ):
        new = [deb for made in plans for deb in _debs(tmp_path_factory, made)]
        debs += new
        make_archive(place / state, debs)
        (place / version).mkdir()
        for deb in new:
            shutil.copy(deb, place / version)
    return Offers(place)


def _debs(factory: pytest.TempPathFactory, made: SourcePlan) -> Sequence[Path]:
    files = build(factory.mktemp(f"{made.module}-{made.version}"), made).files
    return [path for path in files if path.suffix == ".deb"]


def _with_older_munge(made: SourcePlan) -> list[PackageLine]:
    return [
        replace(line, version="0.5.14-1", sha256=Digest("0" * 64))
        if line.package == "munge"
        else line
        for line in made.packages
    ]
