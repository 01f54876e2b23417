"""Source packages of modules, built by plain dpkg-buildpackage as people who know Debian do it."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qlumod.events import Caution, Event
from qlumod.model.names import ModuleName
from qlumod.system.processes.command import command
from qlumod.system.processes.programs import SEARCH_PATH
from qlumod.system.processes.run import capture
from qlumod.workflows.package import BuildDirectory, SourcePackage, install_module
from tests.conftest import ROOT, Answer, CommandLine
from tests.layer.small_release import SmallRelease
from tests.package.conftest import PlainPackages, debs_in
from tests.support.ordinary import ID, PYTHON, User, ordinary_user

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="private mounts over /usr/share need root"),
]

PLAIN = "test-module-plain-bookworm-amd64"
PRIVATE = ("unshare", "--mount", "--propagation", "private", "--net", "--ipc", "--pid", "--fork")


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of somebody who has the add-on and the program installed."""
    programs = tmp_path_factory.mktemp("bin")
    program = programs / "qlumod"
    program.write_text(
        f"#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} PYTHONDONTWRITEBYTECODE=1 "
        f'exec {shlex.quote(sys.executable)} -P -m qlumod.cli.main "$@"\n'
    )
    program.chmod(0o755)
    addon = ROOT / "debhelper"
    return {
        "PATH": f"{programs}:{addon}:{SEARCH_PATH}",
        "PERL5LIB": str(addon),
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
    }


def unpack(directory: Path, place: Path) -> Path:
    (dsc,) = directory.glob("*.dsc")
    capture(command("dpkg-source", "--no-check", "--extract", dsc, place / "tree"))
    return place / "tree"


def typed(
    tree: Path, script: str, tools: dict[str, str], *, installed: Path | None = None, **more: str
) -> str:
    """What a shell script prints in a tree, without network.

    `installed` is a package whose files are in place, seen by nobody else.
    """
    if installed:
        space = tree.parent / "space"
        for name in ("upper", "work"):
            (space / name).mkdir(parents=True)
        script = (
            f"mount -t overlay -o lowerdir=/usr/share,upperdir={space}/upper,"
            f"workdir={space}/work overlay /usr/share\n"
            f"dpkg-deb --extract {installed} /\n{script}"
        )
    done = subprocess.run(
        [*PRIVATE, "sh", "-ec", script],
        cwd=tree,
        env={**tools, **more},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_command_says_what_it_writes(
    release: SmallRelease, made: PlainPackages, tmp_path: Path
) -> None:
    specs, output = ("--specs", release.specs), ("--output", tmp_path / "out")
    qlumod = CommandLine(tmp_path, release.cache)
    words = ("source", "plain", *specs, *output, "--quiet")
    planned = qlumod(*words, "--dry-run", "--json").document
    assert planned["sources"] == [
        {
            "module": "plain",
            "source": "test-module-plain-bookworm-amd64",
            "version": "1.0.0-1",
            "files": [],
        }
    ]
    assert not (tmp_path / "out").exists()
    first, *files = qlumod(
        *words,
    ).out.splitlines()
    assert first == "test-module-plain-bookworm-amd64 1.0.0-1"
    assert [line.split()[0] for line in files] == [
        "test-module-plain-bookworm-amd64_1.0.0-1.debian.tar.xz",
        "test-module-plain-bookworm-amd64_1.0.0-1.dsc",
        "test-module-plain-bookworm-amd64_1.0.0.orig.tar.gz",
        "test-module-plain-bookworm-amd64_1.0.0-1_source.changes",
    ]
    written = [Path(path) for path in qlumod(*words, "--json").document["sources"][0]["files"]]
    assert {path.name: path.read_bytes() for path in written} == {
        path.name: path.read_bytes() for path in made.sources.iterdir()
    }


BUILD = "dpkg-buildpackage -us -uc -b -d"


def test_with_its_packages_it_builds_over_the_installed_core_and_again_after_cleaning(
    made: PlainPackages, tools: dict[str, str], tmp_path: Path
) -> None:
    """The second time as a full build, on one processor and without checks: no byte differs."""
    tree = unpack(made.brought, tmp_path)
    before = sorted(tree.rglob("*"))
    said = typed(
        tree,
        f"{BUILD}\nmkdir ../first\nmv ../*.deb ../first\n"
        "debian/rules clean\nfind . | sort >../cleaned\n"
        "DEB_BUILD_OPTIONS='parallel=1 nocheck' dpkg-buildpackage -us -uc -d -F -sa",
        tools,
        installed=made.core,
    )
    begun = re.findall(r"^.*installing \d+ packages …$", said, re.MULTILINE)
    assert begun == ["plain: installing 1 packages …"] * 2, "plain alone, and both times"
    assert debs_in(tmp_path / "first") == debs_in(tmp_path) == made.debs
    cleaned = (tmp_path / "cleaned").read_text().splitlines()
    assert sorted(tree / path for path in cleaned) == [tree, *before]
    sources = {path.name: path.read_bytes() for path in made.brought.glob("*[!s]")}
    assert {name: (tmp_path / name).read_bytes() for name in sources} == sources
    assert not Path("/usr/share/qlumod/modules").exists()


def test_with_a_store_it_builds_over_the_installed_core(
    release: SmallRelease, made: PlainPackages, tools: dict[str, str], tmp_path: Path
) -> None:
    tree = unpack(made.sources, tmp_path)
    typed(tree, BUILD, tools, installed=made.core, QLUMOD_STORE=str(release.store.root))
    assert debs_in(tmp_path) == made.debs


CONTROL = """\
Source: site-modules
Maintainer: Test <test@example.org>
Build-Depends: debhelper-compat (= 13), dh-sequence-qlumod

Package: site-modules
Architecture: all
Depends: ${misc:Depends}, ${qlumod:Depends}
Description: modules of this site
 Written by hand.
"""


def test_a_source_package_written_by_hand_holds_several_modules(
    release: SmallRelease, tools: dict[str, str], tmp_path: Path
) -> None:
    debian = tmp_path / "tree/debian"
    inputs = debian / "qlumod"
    inputs.mkdir(parents=True)
    for name in ("release", "accounts", "core.module", "plain.module", "sibling.module"):
        shutil.copy(release.specs / name, inputs / name)
    (locked,) = (release.specs / "locks").iterdir()
    shutil.copy(locked, inputs / "lock")
    (debian / "control").write_text(CONTROL)
    (debian / "changelog").write_text(
        "site-modules (1) unstable; urgency=medium\n\n  * By hand.\n\n"
        " -- Test <test@example.org>  Sat, 22 Nov 2025 12:00:00 +0000\n"
    )
    (debian / "rules").write_text("#!/usr/bin/make -f\n%:\n\tdh $@\n")
    (debian / "rules").chmod(0o755)
    (debian / "site-modules.qlumod").write_text("plain sibling\n")
    typed(debian.parent, BUILD, tools, QLUMOD_CACHE=str(release.cache))
    (deb,) = tmp_path.glob("*.deb")
    assert capture(command("dpkg-deb", "-f", deb, "Depends")).decode() == (
        "qlumod-head (>= 0.1~), test-module-core-bookworm-amd64-1.0.0 (>= 1.0.0-1)\n"
    )
    found = capture(command("dpkg-deb", "-c", deb)).decode()
    for module in ("plain", "sibling"):
        assert f"./usr/share/qlumod/modules/{module}/bookworm/amd64/1.0.0/layer.squashfs" in found


def test_other_tools_than_the_locks_are_told_and_what_they_make_has_another_identity(
    release: SmallRelease, made: PlainPackages, tmp_path: Path
) -> None:
    inputs = unpack(made.sources, tmp_path) / "debian/qlumod"
    lock = inputs / "lock"
    version = dict(release.lock.tools)["squashfs-tools"]
    lock.write_text(lock.read_text().replace(f"squashfs-tools {version}", "squashfs-tools 1:4.0-1"))
    heard: list[Event] = []
    done = install_module(
        SourcePackage(inputs=inputs),
        ModuleName("plain"),
        release.place.workshop,
        into=BuildDirectory(package=f"{PLAIN}-1.0.0", directory=tmp_path / "root"),
        listen=heard.append,
    )
    assert heard[0] == Caution(
        text="the layer may come out with other bytes: squashfs-tools: the lock has 1:4.0-1, this "
        f"machine {version}"
    )
    assert done.payload.directory == release.build("plain"), "that of a lock of these tools"


@pytest.fixture
def user(made: PlainPackages) -> Iterator[User]:
    """Somebody who is not root, with the source package, and our program and add-on on the path."""
    with ordinary_user() as somebody:
        shutil.copytree(made.brought, somebody.home / "sources")
        programs = somebody.home / "bin"
        programs.mkdir()
        (programs / "qlumod").write_text(f'#!/bin/sh\nexec {PYTHON} -m qlumod "$@"\n')
        (programs / "qlumod").chmod(0o755)
        for path in (somebody.home / "sources", *(somebody.home / "sources").iterdir()):
            os.chown(path, ID, ID)
        yield somebody


def extracted(user: User) -> Path:
    (dsc,) = (user.home / "sources").glob("*.dsc")
    answer = user.run("dpkg-source", "--no-check", "--extract", dsc, user.home / "plain")
    assert answer.status == 0, answer.err
    return user.home / "plain"


def as_user(user: User, script: str) -> Answer:
    return user.run(
        "sh", "-ec", f"cd {user.home}/plain\n{script}",
        PATH=f"{user.home}/bin:{user.tree}/debhelper:{SEARCH_PATH}",
        PERL5LIB=f"{user.tree}/debhelper",
    )  # fmt: skip


def test_an_ordinary_user_builds_the_same_packages(
    release: SmallRelease, made: PlainPackages, user: User
) -> None:
    core = release.build("core")
    shutil.copytree(core, user.cache / "layers" / core.name)
    for path in (user.cache, user.cache / "layers"):
        os.chown(path, ID, ID)
    extracted(user)
    answer = as_user(user, BUILD)
    assert answer.status == 0, answer.out + answer.err
    assert debs_in(user.home) == made.debs


CANNOT = (
    "qlumod: error: cannot build as user ordinary: /etc/subuid gives that user no range of ids\n"
    "To mend it: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ordinary (as "
    "root), or run it as root\n"
)


def test_without_root_and_without_subuids_one_error_comes_before_any_work(
    release: SmallRelease, user: User
) -> None:
    for table in ("subuid", "subgid"):
        user.gives(table, "")
    tree = extracted(user)
    before = sorted(tree.rglob("*"))
    payload = (
        f"qlumod payload --from debian/qlumod --module plain --package {PLAIN}-1.0.0 "
        "--destdir debian/tmp --packages packages-*"
    )
    assert as_user(user, payload).err == CANNOT
    assert sorted(tree.rglob("*")) == before
    answer = as_user(user, BUILD)
    assert CANNOT in answer.err, answer.err
    assert "dh_qlumod: error: qlumod payload" in answer.err
    assert debs_in(user.home) == {}
    shutil.copytree(release.specs, user.home / "specs")
    answer = user.qlumod("build", "plain", "--specs", "specs", "--output", "packages")
    assert answer.err.startswith(CANNOT)
    assert not (user.home / "packages").exists()
    assert [path for path in user.cache.rglob("*") if "logs" not in str(path)] == []
