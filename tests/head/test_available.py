"""qlumod modules --available: what apt's sources offer to a head node."""

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from qlumod.head.places import Places
from qlumod.head.verbs.available_modules import available_modules
from qlumod.model.apt_offers import ModuleOffer
from tests.conftest import CommandLine
from tests.head.module_archive import FOLDERS, OfferedModules
from tests.support.ordinary import ordinary_user

SLURM = "qlustar-module-slurm-bookworm-amd64"
FOLLOWING = ("qlustar-module-slurm", f"{SLURM}-14", f"{SLURM}-14.0", f"{SLURM}-14.0.0")
OLD = {
    **dict.fromkeys([*FOLLOWING, "qlustar-module-core-bookworm-amd64-14.0.0"], "14.0.0-1"),
    "qlumod-head": "1.0",
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> OfferedModules:
    """A head node to which apt offers core and slurm, and packages of other people."""
    top = tmp_path_factory.mktemp("offered")
    modules = OfferedModules(top / "head", top / "apt")
    modules.add("qlumod-head")
    modules.add("puppet-module-mysql-bookworm-amd64-8.1.0")
    for version in ("14.0.0-1", "14.0.1-1"):
        modules.publish("core", version, requires="")
        modules.publish("slurm", version)
    modules.add(f"{SLURM}-14.0.0", "14.0.0-2", "qlumod-head")
    modules.update()
    return modules


@pytest.fixture
def offered(archive: OfferedModules) -> Iterator[OfferedModules]:
    """The same, with nothing installed before and after."""
    yield archive
    archive.install({})
    for path in (archive.root / "etc/apt/preferences.d").iterdir():
        path.unlink()


def found(offered: OfferedModules, *, older: bool = False) -> list[str]:
    """Module, package version, what is installed, and the command, of each offer."""
    return [line(one) for one in available_modules(Places(offered.root), older=older)]


def line(one: ModuleOffer) -> str:
    return f"{one.module} {one.package_version} {one.installed or '-'}: {' '.join(one.command)}"


def test_modules_that_are_not_installed_are_offered(
    qlumod: CommandLine, offered: OfferedModules
) -> None:
    assert found(offered) == [
        "core 14.0.1-1 -: apt install qlustar-module-core",
        "slurm 14.0.1-1 -: apt install qlustar-module-slurm",
    ]
    listed = qlumod.must("modules", "--available", "--root", offered.root).out.splitlines()
    assert [" ".join(row.split()[:4]) for row in listed] == [
        "module version flavor architecture",
        "core 14.0.1-1 bookworm amd64",
        "slurm 14.0.1-1 bookworm amd64",
    ]
    assert [row.split("  ")[-1] for row in listed[1:]] == [
        "apt install qlustar-module-core",
        "apt install qlustar-module-slurm",
    ]
    _, slurm = qlumod.must("modules", "--available", "--json", "--root", offered.root).document[
        "available"
    ]
    assert slurm["size"] > 500
    assert slurm == {
        "module": "slurm",
        "version": "14.0.1",
        "flavor": "bookworm",
        "architecture": "amd64",
        "package": f"{SLURM}-14.0.1",
        "package_version": "14.0.1-1",
        "title": f"{SLURM}-14.0.1, made by a test",
        "description": "",
        "size": slurm["size"],
        "installed_size": 1200 << 10,
        "requires": ["core"],
        "installed": None,
        "command": ["apt", "install", "qlustar-module-slurm"],
    }


def test_older_versions_are_listed_on_request(offered: OfferedModules) -> None:
    assert found(offered, older=True) == [
        "core 14.0.0-1 -: apt install qlustar-module-core-bookworm-amd64-14.0.0",
        "core 14.0.1-1 -: apt install qlustar-module-core",
        f"slurm 14.0.0-2 -: apt install {SLURM}-14.0.0",
        "slurm 14.0.1-1 -: apt install qlustar-module-slurm",
    ]


def test_the_commands_install_what_is_offered(offered: OfferedModules) -> None:
    for one in available_modules(Places(offered.root), older=True):
        assert offered.would_install(one.command)[one.package] == one.package_version


def test_newer_packages_are_offered_as_upgrades(offered: OfferedModules) -> None:
    offered.install(OLD)
    assert found(offered) == [
        "core 14.0.1-1 14.0.0-1: apt install qlustar-module-core",
        f"slurm 14.0.0-2 14.0.0-1: apt install --only-upgrade {SLURM}-14.0.0",
        "slurm 14.0.1-1 14.0.0-1: apt install --only-upgrade qlustar-module-slurm",
    ]
    for one in available_modules(Places(offered.root)):
        assert offered.would_install(one.command)[one.package] == one.package_version


def test_preferences_of_apt_count(qlumod: CommandLine, offered: OfferedModules) -> None:
    (offered.root / "etc/apt/preferences.d/held").write_text(
        "Package: *-module-*\nPin: version 14.0.1*\nPin-Priority: -1\n"
    )
    assert found(offered) == [
        "core 14.0.0-1 -: apt install qlustar-module-core",
        f"slurm 14.0.0-2 -: apt install {SLURM}-14.0.0",
    ]
    (offered.root / "etc/apt/preferences.d/held").write_text(
        "Package: *-module-*\nPin: version *\nPin-Priority: -1\n"
    )
    assert qlumod.must("modules", "--available", "--root", offered.root).out == (
        "apt's sources offer no module that is not installed or newer, as of the last "
        "`apt update`\n"
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="another user needs root")
def test_an_ordinary_user_is_told_without_a_network(offered: OfferedModules) -> None:
    for path in (offered.root, *offered.root.parents):
        if path.stat().st_uid == 0 and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o005)
    with ordinary_user() as someone:
        user = replace(someone, setup='set -- unshare --net "$@"')
        answer = user.qlumod("modules", "--available", "--root", offered.root)
    assert (answer.status, answer.err) == (0, "")
    assert "slurm   14.0.1-1  bookworm  amd64" in answer.out


def test_lists_that_apt_cannot_read_are_an_error(qlumod: CommandLine, tmp_path: Path) -> None:
    for folder in FOLDERS:
        (tmp_path / "head" / folder).mkdir(parents=True)
    (tmp_path / "head/var/lib/dpkg/status").touch()
    (tmp_path / "head/etc/apt/sources.list").write_text("what is this?\n")
    answer = qlumod("modules", "--available", "--root", tmp_path / "head")
    assert answer.status == 1
    said = answer.err.replace(str(tmp_path), "")
    assert re.sub(r"^  \$ .*", "  $ …", said, flags=re.M).splitlines() == [
        "qlumod: error: apt-cache failed: exit status 100",
        "  $ …",
        "  E: Type 'what' is not known on line 1 in source list /head/etc/apt/sources.list",
        "  E: The list of sources could not be read.",
        "To mend it: mend the sources of apt, and run: apt update",
    ]


def test_older_is_for_what_is_available(qlumod: CommandLine, tmp_path: Path) -> None:
    answer = qlumod("modules", "--older", "--root", tmp_path)
    assert answer.status == 2
    assert answer.err.splitlines()[-1] == "Error: --older needs --available"
