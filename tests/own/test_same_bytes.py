"""The packages of qlumod's own source: the same bytes wherever they are built."""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from qlumod.cli.settings.conffile import conffile
from qlumod.packaging.debian.lintian import lint
from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture
from tests.conftest import ROOT, CommandLine

PARTS = (
    "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "LICENSES", "README.md", "REUSE.toml",
    "SECURITY.md", "build-host", "debian", "debhelper", "docs", "head-node", "module-specs",
    "node", "pyproject.toml", "qlumod", "templates",
)  # fmt: skip


BY_RELEASE = (
    # Only Debian 12's lintian has it. An override would be an error to that of Debian 13, and both
    # releases make the same bytes.
    "package-supports-alternative-init-but-no-init.d-script",
    # Debian 12's lintian knows no newer Policy.
    "out-of-date-standards-version",
)
"""What lintian of one release finds, and that of the other must not be told of."""


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
def dist(tree: Path, own_packages: Path) -> Path:
    """What `make deb` has built; built anew where a source was edited since."""
    shutil.copytree(own_packages, tree / "dist")
    build(tree, tree / "dist")
    return tree / "dist"


def digests(dist: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(dist.iterdir())
        if path.suffix in (".deb", ".dsc", ".xz")
    }


def test_the_source_makes_six_packages(dist: Path) -> None:
    assert sorted(path.name.split("_")[0] for path in dist.glob("*.deb")) == [
        "dh-qlumod",
        "python3-qlumod",
        "qlumod",
        "qlumod-doc",
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


def test_the_hosts_configuration_is_a_conffile_of_comments(dist: Path, tmp_path: Path) -> None:
    (deb,) = dist.glob("python3-qlumod_*.deb")
    capture(command("dpkg-deb", "-R", deb, tmp_path))
    assert (tmp_path / "DEBIAN/conffiles").read_text() == "/etc/qlumod/qlumod.conf\n"
    assert (tmp_path / "etc/qlumod/qlumod.conf").read_text() == conffile()


def test_the_templates_are_installed_as_they_are(dist: Path, tree: Path, tmp_path: Path) -> None:
    (deb,) = dist.glob("python3-qlumod_*.deb")
    capture(command("dpkg-deb", "-x", deb, tmp_path))
    assert subprocess.run(
        ["diff", "-r", tree / "templates", tmp_path / "usr/share/qlumod/templates"], check=False
    ).returncode == 0  # fmt: skip
    assert (tmp_path / "usr/bin/qlumod").is_file()


def test_the_documentation_has_no_link_to_nowhere(dist: Path, tmp_path: Path) -> None:
    (deb,) = dist.glob("qlumod-doc_*.deb")
    capture(command("dpkg-deb", "-x", deb, tmp_path))
    pages = {
        path.name: path.read_text()
        for path in (tmp_path / "usr/share/doc/qlumod/html").glob("*.html")
    }
    assert {"index.html", "SECURITY.html", "formats.html", "principles.html"} <= set(pages)
    for name, page in pages.items():
        for target, anchor in re.findall(r'href="(?!https?:)([^"#]*)(?:#([^"]*))?"', page):
            assert target in ("", *pages), f"{name}: {target}"
            assert not anchor or f'id="{anchor}"' in pages[target or name], f"{name}: {anchor}"


@pytest.mark.parametrize(
    ("shell", "path"),
    [
        ("bash", "usr/share/bash-completion/completions/qlumod"),
        ("fish", "usr/share/fish/vendor_completions.d/qlumod.fish"),
        ("zsh", "usr/share/zsh/vendor-completions/_qlumod"),
    ],
)
def test_each_shell_finds_the_completion_where_it_looks(
    dist: Path, tmp_path: Path, shell: str, path: str
) -> None:
    (deb,) = dist.glob("python3-qlumod_*.deb")
    capture(command("dpkg-deb", "-x", deb, tmp_path))
    made = CommandLine(ROOT, tmp_path / "cache").must("completion", shell)
    assert (tmp_path / path).read_text() == made.out


def test_lintian_finds_nothing(dist: Path) -> None:
    (changes,) = dist.glob("*.changes")
    every = ("--display-info", "--pedantic", "--display-experimental")
    found = lint(changes, options=every)
    assert [str(finding) for finding in found if finding.tag not in BY_RELEASE] == []
