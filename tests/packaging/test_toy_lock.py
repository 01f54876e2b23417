"""The seam of the lock is one: modules of toys are solved, locked, updated and fetched."""

from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.lock.verbs.solve_lock import Wish
from qlumod.packaging.choice import PACKAGINGS
from qlumod.workflows.lock import fetch_modules, lock
from qlumod.workflows.workplace import Workplace
from tests.packaging.toy.packages import write_toy
from tests.packaging.toy.packaging import PLACE, TOY

RELEASE = """\
Format: 1
Version: 14.0.0
Prefix: qlustar
Origin: Test
Label: Test
Maintainer: Test <test@example.org>
Flavors: toyland
Default-Flavor: toyland
Architectures: amd64
Packaging: toyland toy

Archive: toys
Directory: ../toys
"""
MODULE = """\
Format: 1
Module: {module}
Title: {module}
Stack-Group: Toys
{requires}Packages:
 {packages}
Description: toys
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """Core has blocks; trains stand upon them, and need rails."""
    monkeypatch.setitem(PACKAGINGS, TOY.name, PLACE)
    specs = tmp_path / "specs"
    specs.mkdir()
    (specs / "release").write_text(RELEASE)
    (specs / "accounts").write_text("Format: 1\n")
    spec(specs, "core", "blocks")
    spec(specs, "trains", "train (>= 2)", requires="core")
    toy(tmp_path / "toys", "blocks", "1.0")
    toy(tmp_path / "toys", "rails", "1.0")
    toy(tmp_path / "toys", "train", "1.0", depends="steam")
    toy(tmp_path / "toys", "train", "2.0", depends="blocks, rails >= 1")
    return Workplace(specs=specs, cache=tmp_path / "cache")


def spec(specs: Path, module: str, packages: str, *, requires: str = "") -> None:
    field = f"Requires: {requires}\n" if requires else ""
    text = MODULE.format(module=module, packages=packages, requires=field)
    (specs / f"{module}.module").write_text(text)


def toy(folder: Path, name: str, version: str, *, depends: str = "") -> None:
    write_toy(folder, name, version, {}, depends=depends)


def locked(place: Workplace, *names: str, update: bool = False) -> dict[str, str]:
    found = lock(place, Wish(update=names if update else None)).lock
    return {p.package: f"{p.version} · {' '.join(p.modules)} · {p.reason}" for p in found.packages}


ALL = {
    "blocks": "1.0 · core · requested by core",
    "rails": "1.0 · trains · train depends on it",
    "train": "2.0 · trains · requested by trains",
}


def test_modules_are_solved_over_each_other_and_locked(place: Workplace) -> None:
    assert locked(place) == ALL
    path = place.specs / "locks/14.0.0-toyland-amd64.lock"
    assert "\nTools:\n toymaker 1\n" in path.read_text()
    before = path.read_bytes()
    assert locked(place) == ALL
    assert path.read_bytes() == before


def test_what_is_locked_is_fetched(place: Workplace, tmp_path: Path) -> None:
    found = {str(package.package): package for package in lock(place).lock.packages}
    assert [p.package for p in fetch_modules(place, ["trains"]).packages] == ["rails", "train"]
    train = found["train"]
    path = place.packages.check(train.sha256, train.size)
    assert path.read_bytes() == (tmp_path / "toys/train_2.0.toy").read_bytes()
    assert [p.package for p in fetch_modules(place).packages] == ["blocks"]


def test_what_only_the_store_has_stays_until_it_is_to_move(
    place: Workplace, tmp_path: Path
) -> None:
    lock(place)
    fetch_modules(place)
    (tmp_path / "toys/rails_1.0.toy").unlink()
    toy(tmp_path / "toys", "rails", "2.0")
    assert locked(place) == ALL
    assert locked(place, "rails", update=True) == {
        **ALL,
        "rails": "2.0 · trains · train depends on it",
    }


def test_a_module_that_cannot_be_had_is_refused(place: Workplace) -> None:
    spec(place.specs, "trains", "train (<< 2)", requires="core")
    with pytest.raises(QlumodError, match="trains cannot be installed\n  no toys for train"):
        lock(place)


def test_toys_are_not_compiled(place: Workplace) -> None:
    path = place.specs / "trains.module"
    path.write_text(f"{path.read_text()}Kernel-Modules: steam\n")
    with pytest.raises(QlumodError, match="trains has Kernel-Modules, which its flavor's kind"):
        lock(place)
