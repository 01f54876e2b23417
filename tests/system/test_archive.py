"""Frozen archives hold exactly the locked packages, and apt accepts them."""

from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.model.lock import LockedPackage
from qlumod.model.names import PackageName
from qlumod.packaging.debian import apt, apt_indexes
from qlumod.packaging.debian.archive import FrozenArchive, Heading, frozen_archive
from qlumod.system.disk.regular_files import file_sum, regular_files
from qlumod.system.disk.store import Store
from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture
from tests.support.debs import make_deb

HEADING = Heading(epoch=1_700_000_000, architecture="amd64", suite="frozen")


def stored(store: Store, deb: Path) -> LockedPackage:
    name, version, architecture = deb.stem.split("_")
    found = file_sum(deb)
    store.add(deb, digest=found.sha256, size=found.size)
    return LockedPackage(
        package=PackageName(name),
        version=version,
        architecture=architecture,
        source=name,
        sha256=found.sha256,
        size=found.size,
        filename=f"pool/{deb.name}",
        archive="test",
        modules=(),
        reason="",
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "packages")


@pytest.fixture
def packages(tmp_path: Path, store: Store) -> list[LockedPackage]:
    debs = (
        make_deb(tmp_path, "munge", "0.5", depends="libmunge (= 0.5)"),
        make_deb(tmp_path, "libmunge", "0.5", architecture="amd64", files={"/usr/lib/m": "m"}),
    )
    return [stored(store, deb) for deb in debs]


def root_of(top: Path, archive: FrozenArchive) -> apt.AptRoot:
    source = apt.AptSource(
        archive="frozen",
        uri=f"{archive.uri}/",
        suites=(archive.suite,),
        components=(archive.component,),
        keyring=archive.keyring,
    )
    return apt.make_root(top / "root", architecture="amd64", sources=[source], settings=())


def test_apt_installs_from_it_and_knows_nothing_else(
    tmp_path: Path, store: Store, packages: list[LockedPackage]
) -> None:
    archive = frozen_archive(packages, store, tmp_path / "frozen", HEADING)
    root = root_of(tmp_path, archive)
    apt_indexes.update(root)
    names = capture(command("apt-cache", "pkgnames", environment=root.environment)).decode()
    assert sorted(names.split()) == ["libmunge", "munge"]
    capture(command("apt-get", "-d", "-y", "install", "munge=0.5", environment=root.environment))
    assert archive.source_line == (
        f"deb [signed-by={tmp_path}/frozen/keyring.gpg] copy:{tmp_path}/frozen frozen main"
    )


def test_the_same_packages_make_the_same_bytes_but_for_the_signature(
    tmp_path: Path, store: Store, packages: list[LockedPackage]
) -> None:
    trees = []
    for name, order in (("one", packages), ("two", packages[::-1])):
        frozen_archive(order, store, tmp_path / name, HEADING)
        trees.append(
            {
                str(path): (tmp_path / name / path).read_bytes()
                for path in regular_files(tmp_path / name)
                if path.name not in ("InRelease", "keyring.gpg")
            }
        )
    assert trees[0] == trees[1]
    assert sorted(trees[0]) == [
        "dists/frozen/Release",
        "dists/frozen/main/binary-amd64/Packages",
        "pool/libmunge_0.5_amd64.deb",
        "pool/munge_0.5_all.deb",
    ]
    assert trees[0]["dists/frozen/Release"].decode().splitlines()[4] == (
        "Date: Tue, 14 Nov 2023 22:13:20 GMT"
    )


def test_a_package_that_was_damaged_in_the_store_is_found_when_it_is_used(
    tmp_path: Path, store: Store, packages: list[LockedPackage]
) -> None:
    path = store.path(packages[0].sha256)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"x")
    found = file_sum(path)
    with pytest.raises(QlumodError) as failure:
        frozen_archive(packages, store, tmp_path / "frozen", HEADING)
    assert str(failure.value) == (
        f"{path}: the package is damaged\n"
        f"  its bytes have the digest {found.sha256} ({found.size} bytes)\n"
        f"To mend it: rm {path}, then `qlumod fetch`"
    )


def test_a_package_that_is_not_in_the_store_is_named(
    tmp_path: Path, store: Store, packages: list[LockedPackage]
) -> None:
    path = store.path(packages[0].sha256)
    path.unlink()
    with pytest.raises(QlumodError) as failure:
        frozen_archive(packages, store, tmp_path / "frozen", HEADING)
    assert str(failure.value) == (
        f"munge 0.5: the package is not in the store ({path})\nTo mend it: run `qlumod fetch`"
    )


def test_a_file_that_is_no_deb_is_named(tmp_path: Path, store: Store) -> None:
    wrong = tmp_path / "wrong_1_all.deb"
    wrong.write_bytes(b"!<arch>\nnothing")
    package = stored(store, wrong)
    with pytest.raises(QlumodError, match=f"{wrong.name}: this .deb is truncated: 15 of"):
        frozen_archive([package], store, tmp_path / "frozen", HEADING)
