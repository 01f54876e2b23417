"""The seam is one from end to end: modules of toys are locked, built, assembled and proved."""

import subprocess
from pathlib import Path

import pytest

from qlumod.events import ignore
from qlumod.layer.payload_build import build_payloads, plan_jobs
from qlumod.lock.verbs.lock_files import locked_project
from qlumod.model.names import ModuleName
from qlumod.packaging.choice import PACKAGINGS
from qlumod.stack.payload import Payload
from qlumod.workflows.lock import fetch_modules, lock
from qlumod.workflows.proof import verify_stack
from qlumod.workflows.workplace import Workplace
from tests.packaging.test_toy_lock import RELEASE, spec
from tests.packaging.toy.packages import write_toy
from tests.packaging.toy.packaging import PLACE, TOY


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """Core has blocks; trains and boats stand upon them, and both bring glue."""
    monkeypatch.setitem(PACKAGINGS, TOY.name, PLACE)
    specs, toys = tmp_path / "specs", tmp_path / "toys"
    specs.mkdir()
    (specs / "release").write_text(RELEASE)
    (specs / "accounts").write_text("Format: 1\n")
    spec(specs, "core", "blocks")
    spec(specs, "trains", "train", requires="core")
    spec(specs, "boats", "boat", requires="core")
    write_toy(toys, "blocks", "1.0", {"usr/share/blocks/red": "red\n"})
    write_toy(toys, "glue", "1.0", {"usr/share/glue": "sticky\n"})
    write_toy(toys, "train", "2.0", {"usr/share/train": "steam\n"}, depends="blocks, glue")
    write_toy(toys, "boat", "3.0", {"usr/share/boat": "-> blocks/red"}, depends="glue")
    place = Workplace(specs=specs, cache=tmp_path / "cache")
    lock(place)
    fetch_modules(place)
    return place


def built(place: Workplace) -> dict[ModuleName, Payload]:
    project, locked = locked_project(place)
    jobs = plan_jobs(project, locked, [one.module for one in project.specs])
    return build_payloads(jobs, place.workshop, listen=ignore)


def paths_in(layer: Path) -> list[str]:
    listed = subprocess.run(
        ("unsquashfs", "-ls", "-d", "", layer), check=True, capture_output=True, text=True
    )
    return [line for line in listed.stdout.splitlines() if line]


def test_layers_are_built_without_what_toys_write_together(place: Workplace) -> None:
    payloads = built(place)
    core, boats = payloads[ModuleName("core")], payloads[ModuleName("boats")]
    assert [path for path in paths_in(core.layer) if path.count("/") > 1] == [
        "/usr/share",
        "/usr/share/blocks",
        "/usr/share/blocks/red",
        "/var/lib",
    ]
    assert "/usr/share/boat" in paths_in(boats.layer)
    assert core.manifest.packaging == TOY.name
    assert [line.package for line in boats.packages] == ["boat", "glue"]
    assert sorted(boats.fragments) == ["toys"]


def test_a_stack_of_modules_equals_one_installation_of_their_toys(place: Workplace) -> None:
    found = verify_stack(place, ["trains", "boats"], listen=ignore)
    assert [str(failure) for failure in found.failures] == []
    assert found.about is not None
    assert [one.module for one in found.about.modules] == ["core", "boats", "trains"]
