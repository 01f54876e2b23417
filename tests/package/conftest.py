"""The packages of slurm and core, built once for all tests here."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from qlumod.package.build import build_package
from qlumod.package.plan import Plan
from qlumod.system.run import capture, command
from tests.package.small import make_payload, plan, toolbox


@dataclass(frozen=True)
class Built:
    """What one package build has left."""

    plan: Plan
    payload: Path
    files: tuple[Path, ...]

    def file(self, end: str) -> Path:
        (found,) = (path for path in self.files if path.name.endswith(end))
        return found

    def deb(self, package: str) -> Path:
        return self.file(f"/{package}_{self.plan.version}_all.deb".lstrip("/"))


def build(place: Path, made: Plan, *, lint: bool = False) -> Built:
    payload = make_payload(place / "payload", made)
    files = build_package(
        made,
        payload,
        output=place / "dist",
        cache=place / "cache",
        lint=lint,
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
