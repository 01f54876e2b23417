"""The packages of qlumod's own source: the same bytes wherever they are built."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from qlumod.system.debhelper import lint
from qlumod.system.run import capture, command
from tests.conftest import ROOT

PARTS = ("debian", "debhelper", "head-node", "node", "qlumod", "templates", "pyproject.toml")


def build(tree: Path, output: Path) -> str:
    return subprocess.run(
        [tree / "debian/build-packages", output],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


def copied(place: Path) -> Path:
    place.mkdir(parents=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, place / part, symlinks=True)
        else:
            shutil.copy(source, place / part)
    return place


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, so that no one else's edits come in between."""
    return copied(tmp_path_factory.mktemp("own") / "tree")


@pytest.fixture(scope="module")
def dist(tree: Path) -> Path:
    build(tree, tree / "dist")
    return tree / "dist"


def digests(dist: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(dist.iterdir())
        if path.suffix in (".deb", ".dsc", ".xz")
    }


def test_the_source_makes_five_packages(dist: Path) -> None:
    assert sorted(path.name.split("_")[0] for path in dist.glob("*.deb")) == [
        "dh-qlumod",
        "python3-qlumod",
        "qlumod",
        "qlumod-head",
        "qlumod-node",
    ]


def test_another_directory_umask_and_environment_give_the_same_bytes(
    tree: Path, dist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    monkeypatch.setenv("DEB_BUILD_OPTIONS", "noddebs parallel=3")
    before = os.umask(0o077)
    try:
        other = shutil.copytree(tree, tmp_path / "another place", symlinks=True)
        shutil.rmtree(other / "dist")
        build(other, tmp_path / "dist")
    finally:
        os.umask(before)
    assert digests(tmp_path / "dist") == digests(dist)


def test_nothing_is_built_again_unless_a_source_has_changed(tree: Path, dist: Path) -> None:
    assert build(tree, dist) == "deb: up to date\n"


def test_the_debhelper_add_on_provides_its_sequence(dist: Path) -> None:
    (deb,) = dist.glob("dh-qlumod_*.deb")
    assert capture(command("dpkg-deb", "-f", deb, "Provides")) == b"dh-sequence-qlumod\n"
    listing = capture(command("dpkg-deb", "-c", deb)).decode()
    for path in ("usr/bin/dh_qlumod", "usr/share/perl5/Debian/Debhelper/Sequence/qlumod.pm"):
        assert f"./{path}\n" in listing


def test_the_templates_are_installed_as_they_are(dist: Path, tree: Path, tmp_path: Path) -> None:
    (deb,) = dist.glob("python3-qlumod_*.deb")
    capture(command("dpkg-deb", "-x", deb, tmp_path))
    assert subprocess.run(
        ["diff", "-r", tree / "templates", tmp_path / "usr/share/qlumod/templates"], check=False
    ).returncode == 0  # fmt: skip
    assert (tmp_path / "usr/bin/qlumod").is_file()


def test_lintian_finds_no_error(dist: Path) -> None:
    (changes,) = dist.glob("*.changes")
    assert [line for line in lint(changes) if line.startswith("E:")] == []
