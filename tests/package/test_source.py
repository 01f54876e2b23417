"""Source packages of modules, as `qlumod source` writes them."""

import gzip
import hashlib
import io
import os
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from debian.deb822 import Changes, Dsc
from hypothesis import given
from hypothesis import strategies as st

from qlumod.errors import QlumodError
from qlumod.events import ignore
from qlumod.package.deb_build import build_package
from qlumod.package.delivery import Delivery
from qlumod.package.orig import component
from qlumod.package.source_package import source_package
from qlumod.package.source_plan import SourcePlan
from qlumod.package.stored import Stored
from qlumod.stack.payload import Payload
from qlumod.system.disk.store import Store
from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture
from tests.package.conftest import Built
from tests.package.small import plan, toolbox

NAME = "qlustar-module-slurm-bookworm-amd64"


def with_debs(directory: Path) -> tuple[SourcePlan, Store]:
    """A plan whose locked packages are in the store: any bytes will do."""
    made, store = plan("slurm"), Store(directory / "store")
    packages = []
    for package in made.lock.packages:
        data = package.package.encode() * 50_000
        digest = hashlib.sha256(data).hexdigest()
        (directory / "deb").write_bytes(data)
        packages.append(replace(package, sha256=digest, size=len(data)))  # type: ignore[arg-type]
        store.add(directory / "deb", digest=packages[-1].sha256, size=len(data))
    locked = replace(made.lock, packages=tuple(packages))
    return replace(made, lock=locked, debs=locked.of(made.module)), store


def written(files: tuple[Path, ...]) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in files}


def test_a_source_package_has_these_files_and_no_more(tmp_path: Path) -> None:
    files = source_package(plan("slurm"), output=tmp_path / "out", listen=ignore)
    assert [path.name for path in files] == [
        f"{NAME}_14.0.0-1.debian.tar.xz",
        f"{NAME}_14.0.0-1.dsc",
        f"{NAME}_14.0.0.orig.tar.gz",
        f"{NAME}_14.0.0-1_source.changes",
    ]
    assert sorted((tmp_path / "out").iterdir()) == sorted(files)


def test_its_changes_upload_exactly_these_files(tmp_path: Path) -> None:
    *files, changes = source_package(plan("slurm"), output=tmp_path / "out", listen=ignore)
    document = Changes(changes.read_text())
    assert document["Architecture"] == "source"
    assert document["Version"] == "14.0.0-1"
    assert {entry["name"]: entry["sha256"] for entry in document["Checksums-Sha256"]} == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def test_it_build_depends_on_what_the_module_is_built_over(tmp_path: Path) -> None:
    files = source_package(plan("slurm"), output=tmp_path / "out", listen=ignore)
    assert Dsc(files[1].read_text())["Build-Depends"] == (
        "debhelper-compat (= 13), dh-sequence-qlumod, "
        "qlustar-module-core-bookworm-amd64-14.0.0 (>= 14.0.0-2~)"
    )


def test_a_build_has_the_very_source_package(slurm: Built, tmp_path: Path) -> None:
    """One name, one content, whichever command wrote it."""
    for path in source_package(slurm.plan, output=tmp_path / "out", listen=ignore)[:-1]:
        assert path.read_bytes() == slurm.file(path.name).read_bytes(), path.name


def test_another_umask_zone_and_locale_give_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, store = with_debs(tmp_path)
    first = source_package(made, output=tmp_path / "1", packages=store, listen=ignore)
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("DEBEMAIL", "somebody@else.example")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    before = os.umask(0o077)
    try:
        again = source_package(made, output=tmp_path / "2", packages=store, listen=ignore)
    finally:
        os.umask(before)
    assert written(again) == written(first)


def test_packages_go_along_in_a_tarball_that_is_named_by_what_it_holds(tmp_path: Path) -> None:
    made, store = with_debs(tmp_path)
    files = source_package(made, output=tmp_path / "out", packages=store, listen=ignore)
    top = component(made.debs)
    assert len(top) == len("packages-0123456789ab")
    assert files[2].name == f"{NAME}_14.0.0.orig-{top}.tar.gz"
    with tarfile.open(files[2]) as archive:
        assert [(member.name, oct(member.mode), member.mtime) for member in archive] == [
            (top, "0o755", 0),
            (f"{top}/munge_0.5.15-2_amd64.deb", "0o644", 0),
            (f"{top}/slurm-client_22.05.8-4+deb12u3_amd64.deb", "0o644", 0),
            (f"{top}/slurmd_22.05.8-4+deb12u3_amd64.deb", "0o644", 0),
        ]
    capture(command("dpkg-source", "--no-check", "-x", files[1], tmp_path / "tree"))
    assert (tmp_path / "tree" / top / "munge_0.5.15-2_amd64.deb").read_bytes() == b"munge" * 50_000


def test_other_packages_have_another_name(tmp_path: Path) -> None:
    packages = plan("slurm").lock.of(plan("slurm").module)
    other = tuple(replace(package, sha256="0" * 64) for package in packages)  # type: ignore[arg-type]
    names = {component(packages), component(packages[1:]), component(other)}
    assert len(names) == 3


def test_a_damaged_package_stops_it_and_nothing_is_left(tmp_path: Path) -> None:
    made, store = with_debs(tmp_path)
    path = store.path(made.debs[0].sha256)
    path.chmod(0o644)
    path.write_bytes(b"something else")
    with pytest.raises(QlumodError) as caught:
        source_package(made, output=tmp_path / "out", packages=store, listen=ignore)
    assert caught.value.brief == f"{path}: the package is damaged"
    assert list((tmp_path / "out").iterdir()) == []


def test_with_and_without_packages_are_not_mixed_in_one_directory(tmp_path: Path) -> None:
    made, store = with_debs(tmp_path)
    source_package(made, output=tmp_path / "out", listen=ignore)
    source_package(made, output=tmp_path / "out", listen=ignore)
    with pytest.raises(QlumodError) as caught:
        source_package(made, output=tmp_path / "out", packages=store, listen=ignore)
    assert str(caught.value) == (
        f"{tmp_path}/out/{NAME}_14.0.0-1.dsc is there without packages, and one name must not have "
        "two contents\nTo mend it: choose another directory with --output"
    )
    source_package(made, output=tmp_path / "other", packages=store, listen=ignore)
    with pytest.raises(QlumodError, match="is there with packages"):
        build_package(
            made,
            Payload(directory=tmp_path / "payload"),
            to=Delivery(output=tmp_path / "other"),
            cache=tmp_path / "cache",
            check=lambda payload: None,
            listen=ignore,
            toolbox=toolbox(tmp_path / "bin", tmp_path / "payload"),
        )


@given(parts=st.lists(st.sampled_from([b"", b"x", b"y" * 65_535, b"z" * 65_536, b"w" * 200_000])))
def test_what_is_stored_is_gzip_and_does_not_depend_on_how_it_was_written(
    parts: list[bytes],
) -> None:
    whole = b"".join(parts)
    assert gzip.decompress(stored(parts)) == whole
    assert stored(parts) == stored([whole])


def stored(parts: list[bytes]) -> bytes:
    target = io.BytesIO()
    packing = Stored(target)
    for part in parts:
        packing.write(part)
    packing.close()
    return target.getvalue()


def test_what_is_stored_never_has_other_bytes() -> None:
    assert stored([b"abc"]).hex() == ("1f8b08000000000000ff010300fcff616263c241243503000000")
