"""The packages of slurm and core, built once for all tests here."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from qlumod.events import ignore
from qlumod.package.deb_build import build_package
from qlumod.package.delivery import Delivery
from qlumod.package.source_plan import SourcePlan
from qlumod.stack.payload import Payload
from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture
from qlumod.workflows.build import build_modules
from qlumod.workflows.source import source
from tests.layer.conftest import SmallRelease, release
from tests.package.small import make_payload, plan, toolbox

__all__ = ["release"]


@dataclass(frozen=True)
class Built:
    """What one package build has left."""

    plan: SourcePlan
    payload: Path
    files: tuple[Path, ...]

    def file(self, end: str) -> Path:
        (found,) = (path for path in self.files if path.name.endswith(end))
        return found

    def deb(self, package: str) -> Path:
        return self.file(f"/{package}_{self.plan.version}_all.deb".lstrip("/"))


def build(place: Path, made: SourcePlan, *, lint: bool = False) -> Built:
    payload = make_payload(place / "payload", made)
    files = build_package(
        made,
        Payload(directory=payload),
        to=Delivery(output=place / "dist", lint=lint),
        cache=place / "cache",
        check=lambda payload: None,
        listen=lambda event: None,
        toolbox=toolbox(place / "bin", payload),
    )
    return Built(made, payload, files)


@pytest.fixture(scope="session")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """slurm, packaged."""
    return build(tmp_path_factory.mktemp("slurm"), plan("slurm"))


@pytest.fixture(scope="session")
def core(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """core, packaged."""
    return build(tmp_path_factory.mktemp("core"), plan("core"))


def listing(deb: Path) -> dict[str, str]:
    """Mode and owner of each path of a .deb."""
    text = capture(command("dpkg-deb", "--contents", deb)).decode()
    rows = (line.split(None, 5) for line in text.splitlines())
    return {row[5]: f"{row[0]} {row[1]}" for row in rows}


@dataclass(frozen=True)
class PlainPackages:
    """What `qlumod build` and `qlumod source` made of core and plain."""

    packages: Path
    sources: Path
    """plain's, without packages."""
    brought: Path
    """plain's, with packages."""

    @property
    def core(self) -> Path:
        return self.packages / "test-module-core-bookworm-amd64-1.0.0_1.0.0-1_all.deb"

    @property
    def debs(self) -> dict[str, bytes]:
        """The packages of plain that `qlumod build` made."""
        return debs_in(self.packages, "*plain*.deb")


def debs_in(directory: Path, pattern: str = "*.deb") -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.glob(pattern)}


@pytest.fixture(scope="session")
def made(release: SmallRelease, tmp_path_factory: pytest.TempPathFactory) -> PlainPackages:
    """core and plain of the small release, made once for all tests here."""
    place = tmp_path_factory.mktemp("made")
    found = PlainPackages(place / "packages", place / "sources", place / "brought")
    build_modules(
        release.place,
        ["core", "plain"],
        to=Delivery(output=found.packages, lint=False),
        listen=ignore,
    )
    for output, with_packages in ((found.sources, False), (found.brought, True)):
        source(
            release.place,
            ["plain"],
            output=output,
            with_packages=with_packages,
            listen=ignore,
        )
    return found
