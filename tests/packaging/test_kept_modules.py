"""Which modules of the old lock are not solved again."""

from dataclasses import replace

import pytest

from qlumod.model.names import Digest
from qlumod.packaging.solving.kept_modules import KeptModules
from qlumod.packaging.solving.module_worlds import ModuleWorlds
from qlumod.packaging.solving.package_entries import Slot
from qlumod.packaging.solving.problem import Module, OldPackage, Request
from tests.packaging.toy.world import Toy, ToyWorlds


def toy(name: str, version: str = "1", *depends: str) -> Toy:
    return Toy(
        name=name,
        version=version,
        depends=tuple(Request(name=one) for one in depends),
        archive="toys",
        filename=name,
        sha256=Digest(""),
        size=0,
    )


def module(name: str, *requests: str, requires: tuple[str, ...] = ("core",)) -> Module:
    return Module(
        name=name, path=f"{name}.module", requires=requires, excludes=(), archives=(),
        requests=tuple(Request(name=one) for one in requests), kernel_modules=(), build=(),
        recommends=False, prefer=(), unchanged=True,
    )  # fmt: skip


def old(package: str, *modules: str, reason: str = "", moving: bool = False) -> OldPackage:
    return OldPackage(
        package=package, version="1", modules=modules, builds=(), archive="toys", moving=moving,
        reason=reason or f"requested by {modules[0]}",
    )  # fmt: skip


TOYS = [toy("blocks"), toy("rails"), toy("train", "1", "rails"), toy("car", "1", "blocks")]
MODULES = {
    "core": module("core", "blocks", requires=()),
    "trains": module("trains", "train"),
    "cars": module("cars", "car"),
    "races": module("races", requires=("core", "cars")),
}
OLD = {
    "blocks": old("blocks", "core"),
    "train": old("train", "trains"),
    "rails": old("rails", "trains", "cars", reason="train depends on it"),
    "car": old("car", "cars"),
}


def kept(modules: dict[str, Module], packages: dict[str, OldPackage]) -> list[str]:
    slots = [Slot.of(one) for one in packages.values() if one.package]
    for slot in slots:
        slot.version = "2" if slot.old.archive == "moved" else slot.old.version
    worlds = ModuleWorlds(ToyWorlds(toys=TOYS), list(modules.values()))
    return list(KeptModules(worlds=worlds, slots=slots).find())


@pytest.mark.parametrize(
    ("changed", "left"),
    [
        ({}, ["core", "trains", "cars", "races"]),
        # Its own spec, and the reason of a package that it shares.
        ({"trains": {"unchanged": False}}, ["core"]),
        ({"races": {"unchanged": False}}, ["core", "trains", "cars"]),
        # What it requires.
        ({"cars": {"unchanged": False}}, ["core", "trains"]),
        ({"core": {"unchanged": False}}, []),
        ({"cars": {"kernel_modules": (Request(name="car-dkms"),)}}, ["core", "trains"]),
        # A request that nothing satisfies: a lock that was merged by hand.
        ({"cars": {"requests": (Request(name="bus"),)}}, ["core", "trains"]),
        ({"cars": {"requests": (Request(name="car", operator=">>", version="1"),)}},
         ["core", "trains"]),
    ],
)  # fmt: skip
def test_a_module_is_kept_if_it_and_what_is_below_is_as_before(
    changed: dict[str, dict[str, object]], left: list[str]
) -> None:
    modules = {
        name: replace(one, **changed.get(name, {}))  # type: ignore[arg-type]
        for name, one in MODULES.items()
    }
    assert kept(modules, OLD) == left


@pytest.mark.parametrize(
    ("package", "left"),
    [
        (replace(OLD["train"], moving=True), ["core", "cars", "races"]),
        (replace(OLD["train"], version=""), ["core", "cars", "races"]),
        (replace(OLD["train"], archive="moved"), ["core", "cars", "races"]),
        # A dependency that is not there.
        (replace(OLD["rails"], modules=("cars",)), ["core", "cars", "races"]),
        (replace(OLD["rails"], reason="boat depends on it"), ["core"]),
        (replace(OLD["rails"], reason="requested by boats"), ["core"]),
        (replace(OLD["rails"], reason="an installed package depends on it"),
         ["core", "trains", "cars", "races"]),
        (replace(OLD["blocks"], version=""), []),
    ],
)  # fmt: skip
def test_a_module_is_kept_if_its_packages_stay_and_stand_together(
    package: OldPackage, left: list[str]
) -> None:
    assert kept(MODULES, {**OLD, package.package: package}) == left
