"""The seam of the installer is one: toys that know nothing of .debs fill a root and an overlay."""

import os
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import Listener, ignore
from qlumod.layer.shipped import Shipped
from qlumod.model.lock import LockedPackage
from qlumod.model.names import FlavorName
from qlumod.packaging.database import PackageDatabase
from qlumod.packaging.installer import Installer, Order
from qlumod.packaging.path_filters import PathFilters
from qlumod.packaging.reference import Reference
from qlumod.stack.mounted import writable
from qlumod.system.disk.store import Store
from qlumod.system.disk.within import Root
from qlumod.system.disk.workshop import Workshop
from qlumod.system.processes.namespace import call_inside
from tests.packaging.toy.installer import ANSWERS, DATABASE, ToyDatabase, ToyInstaller, ToyReference
from tests.packaging.toy.packages import stored, write_toy

INSTALLER: Installer = ToyInstaller()
READER: PackageDatabase = ToyDatabase()
REFERENCE: Reference = ToyReference()
EPOCH = 1_700_000_000


def order(*packages: LockedPackage, filters: PathFilters | None = None) -> Order:
    return Order(
        packages=packages,
        flavor=FlavorName("toyland"),
        architecture="amd64",
        epoch=EPOCH,
        filters=filters,
    )


def toys(place: Path) -> tuple[LockedPackage, LockedPackage]:
    """Blocks, and a train that stands upon them, in a store."""
    store = Store(place / "store")
    blocks = {"usr/share/blocks": "red\n", "usr/share/licences/blocks": "play\n"}
    train = {
        "usr/share/train/engine": "steam\n",
        "usr/share/train/front": "-> engine",
        "usr/share/man/train": "how to play\n",
    }
    return (
        stored(write_toy(place, "blocks", "1.0", blocks), store, "core"),
        stored(write_toy(place, "train", "2.0", train, depends="blocks"), store, "trains"),
    )


def workshop(place: Path) -> Workshop:
    return Workshop(store=Store(place / "store"), cache=place / "cache")


def filled(place: Path) -> Root:
    """A root with both."""
    both = order(*toys(place))
    frozen = INSTALLER.freeze(both, place / "toys", workshop=workshop(place), listen=ignore)
    # As a process in namespaces finds it.
    supply = INSTALLER.supply_from(frozen.document)
    root = INSTALLER.bootstrap(place / "root", both, supply, listen=ignore)
    INSTALLER.answer(root, ["train train/whistle boolean true"], both, ignore)
    INSTALLER.install(root, both, supply, listen=ignore)
    return root


def test_a_root_is_filled(tmp_path: Path) -> None:
    root = filled(tmp_path)
    assert root.text("/usr/share/blocks") == "red\n"
    assert root.text("/usr/share/train/front") == "steam\n"
    assert root.text(ANSWERS) == "train train/whistle boolean true\n"
    assert READER.installed(root) == {"blocks": "1.0", "train": "2.0"}
    assert READER.file_lists(root)["train"] == (
        "/usr",
        "/usr/share",
        "/usr/share/man",
        "/usr/share/train",
        "/usr/share/man/train",
        "/usr/share/train/engine",
        "/usr/share/train/front",
    )


def test_the_reference_tells_what_is_installed_and_leaves_no_trace(tmp_path: Path) -> None:
    root = filled(tmp_path)
    REFERENCE.finish(root, epoch=EPOCH, listen=ignore)
    REFERENCE.forget(root)
    assert not root.has(ANSWERS)
    found = REFERENCE.installed({DATABASE: root.read(DATABASE)})
    assert sorted(found) == [("blocks", "1.0"), ("train", "2.0")]


def test_a_damaged_store_is_told(tmp_path: Path) -> None:
    both = order(*toys(tmp_path))
    place = workshop(tmp_path).store.path(both.packages[0].sha256)
    place.chmod(0o644)
    place.write_text("nothing")
    with pytest.raises(QlumodError, match="damaged"):
        INSTALLER.freeze(both, tmp_path / "toys", workshop=workshop(tmp_path), listen=ignore)


def fill_overlay(*, listen: Listener, place: str) -> dict[str, object]:
    """Inside: install the train over a root that has the blocks; what the overlay then holds."""
    home = Path(place)
    blocks, train = toys(home)
    both = order(blocks, train)
    supply = INSTALLER.freeze(both, home / "toys", workshop=workshop(home), listen=listen)
    below = INSTALLER.bootstrap(home / "below", order(blocks), supply, listen=listen)
    INSTALLER.install(below, order(blocks), supply, listen=listen)
    filters = PathFilters(excludes=("/usr/share/man/*",), includes=())
    with writable([below.place], home) as stack:
        INSTALLER.install(stack.root, order(blocks, train, filters=filters), supply, listen=listen)
        upper = Root(stack.upper)
        return {
            "upper": list(upper.below("/")),
            "seen": list(stack.root.below("/")),
            "installed": READER.installed(stack.root),
            "train": list(READER.file_list(stack.root, train)),
        }


@pytest.mark.skipif(os.geteuid() != 0, reason="an overlay is mounted")
def test_an_overlay_is_filled_with_what_is_new(tmp_path: Path) -> None:
    found = call_inside(
        "tests.packaging.test_toy_installer:fill_overlay", {"place": str(tmp_path)}, listen=ignore
    )
    new = ["/usr/share/train/engine", "/usr/share/train/front", "/var/lib/toys"]
    assert sorted(found["upper"]) == new
    assert set(new) < set(found["seen"])
    assert "/usr/share/blocks" in found["seen"]
    assert found["installed"] == {"blocks": "1.0", "train": "2.0"}
    assert "/usr/share/man/train" in found["train"]


def test_what_packages_shipped_is_known_by_their_own_sums(tmp_path: Path) -> None:
    root = filled(tmp_path)
    supply = INSTALLER.supply_from({"directory": str(tmp_path / "toys")})
    blocks, train = toys(tmp_path)
    shipped = Shipped.of((blocks, train), supply)
    assert shipped.has_file(root, "/usr/share/train/engine")
    assert shipped.has(b"red\n")
    assert not shipped.has(b"blue\n")
    assert shipped.brings("train", "/usr/share/train/engine", b"steam\n")
    assert shipped.names("train", "/usr/share/train/front", "engine")
    assert not shipped.names("blocks", "/usr/share/train/front", "engine")
