"""Modules built without root: the same bytes as root's, and nothing stays of a killed build."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from qlumod.events import ignore
from qlumod.layer.cache import payload_path
from qlumod.layer.inputs import write_inputs
from qlumod.package.delivery import Delivery
from qlumod.workflows.build import build_modules
from tests.conftest import Answer
from tests.layer.small_release import SmallRelease
from tests.layer.test_build import layer_of
from tests.support import debris
from tests.support.ordinary import ID, NAME, PYTHON, SUBIDS, User, ordinary_user

MODULE = "varied"
"""A module with all that needs a root's rights: owners, modes, capabilities, whiteouts."""
BUILD = ("build", MODULE, "--specs", "specs", "--output", "packages", "--no-lint")


@pytest.fixture
def user(release: SmallRelease) -> Iterator[User]:
    with ordinary_user() as made:
        shutil.copytree(release.specs, made.home / "specs")
        store_of(made).mkdir()
        # The tests' cache may be in root's home, where nobody else gets in.
        yield replace(made, setup=f"mount --bind {release.store.root} {store_of(made)}")


def store_of(user: User) -> Path:
    """Where the user sees the release's package store."""
    return user.home / "store"


def stored(user: User) -> dict[str, str]:
    return {"QLUMOD_STORE": str(store_of(user))}


def walked(top: Path) -> Iterator[Path]:
    """All paths below a directory in which somebody is at work."""
    for folder, _, names in os.walk(top):
        yield Path(folder)
        yield from (path for name in names if os.path.lexists(path := Path(folder, name)))


def typed(user: User, *words: str, inside: bool = False) -> Answer:
    """Type a command line that ends well."""
    answer = user.qlumod(*words, inside=inside, **stored(user))
    assert answer.status == 0, answer.out + answer.err
    return answer


def files(*trees: Path) -> dict[str, bytes]:
    """The bytes of all files, except those that tell the time of a build."""
    return {
        f"{tree.name}/{path.relative_to(tree)}": path.read_bytes()
        for tree in trees
        for path in sorted(tree.rglob("*"))
        if path.is_file() and path.suffix not in (".buildinfo", ".changes")
    }


def payloads(release: SmallRelease, cache: Path) -> list[Path]:
    """The payload directories of the module and of core."""
    return [payload_path(cache, release.job(module).identity) for module in ("core", MODULE)]


def take_along(release: SmallRelease, user: User, *modules: str) -> None:
    """Give the user payloads that root has built."""
    for module in modules:
        payload = release.build(module)
        shutil.copytree(payload, user.cache / "layers" / payload.name)
    for path in (user.cache, *user.cache.rglob("*")):
        os.chown(path, ID, ID)


def test_the_module_has_all_that_needs_a_roots_rights(
    release: SmallRelease, tmp_path: Path
) -> None:
    layer = layer_of(release.build(MODULE), tmp_path)
    at = {path: layer[path][:4] for path in layer if path.startswith("/var/lib/varied")}
    assert at == {
        "/var/lib/varied": ["d", 0o2750, 450, 450],
        "/var/lib/varied/five": ["l", 0o777, 64030, 64030],
        "/var/lib/varied/four": ["p", 0o644, 65534, 65534],
        "/var/lib/varied/one": ["f", 0o644, 65534, 65534],
        "/var/lib/varied/three": ["l", 0o777, 0, 450],
        "/var/lib/varied/two": ["f", 0o644, 65534, 65534],
    }
    assert layer["/usr/bin/varied"][:4] == ["f", 0o6755, 0, 0]
    assert layer["/etc/issue"][:4] == ["f", 0o644, 0, 450]
    assert layer["/etc/os-release"][:4] == ["l", 0o777, 450, 0]
    assert layer["/etc/update-motd.d/10-uname"][0] == "c"
    assert {path: entry[-1] for path, entry in layer.items() if entry[-1]} == {
        "/usr/bin/raw": ["security.capability"]
    }


def test_a_user_builds_the_same_bytes_as_root(
    release: SmallRelease, user: User, tmp_path: Path
) -> None:
    root = tmp_path / "packages"
    build_modules(release.place, [MODULE], to=Delivery(output=root, lint=False), listen=ignore)
    typed(user, *BUILD)
    assert files(*payloads(release, user.cache)) == files(*payloads(release, release.cache))
    assert files(user.home / "packages") == files(root)
    made = [user.cache, *user.cache.rglob("*"), *(user.home / "packages").rglob("*")]
    assert {path.lstat().st_uid for path in made} == {ID}


def test_root_of_a_user_namespace_builds_the_same_bytes_as_root(
    release: SmallRelease, user: User
) -> None:
    release.build(MODULE)
    take_along(release, user, "core")
    write_inputs(release.job(MODULE), user.home / "inputs")
    asked = ("payload", "--from", "inputs", "--module", MODULE, "--package", MODULE)
    typed(user, *asked, "--destdir", "tmp", inside=True)
    assert files(*payloads(release, user.cache)) == files(*payloads(release, release.cache))


def test_a_user_without_ids_is_told_so_before_any_work(release: SmallRelease, user: User) -> None:
    user.gives("subuid", "")
    write_inputs(release.job(MODULE), user.home / "inputs")
    asked = ("--from", "inputs", "--module", MODULE, "--package", MODULE, "--destdir", "tmp")
    for words in (BUILD, ("payload", *asked), ("verify-stack", MODULE, "--specs", "specs")):
        answer = user.qlumod(*words, **stored(user))
        assert answer.status == 1
        assert answer.out == ""
        assert re.sub("\nThe full log: .*", "", answer.err) == (
            f"qlumod: error: cannot build as user {NAME}: /etc/subuid gives that user no range of "
            "ids\n"
            "To mend it: usermod --add-subuids 1065536-1131071 --add-subgids 1065536-1131071 "
            f"{NAME} (as root), or run it as root\n"
        )
    written = {path.relative_to(user.home).parts[0] for path in user.home.rglob("*")}
    assert written == {"cache", "etc", "inputs", "specs", "store", "tree"}
    assert [path.name for path in user.cache.iterdir()] == ["logs"]


def test_a_user_without_ids_may_package_what_is_built(release: SmallRelease, user: User) -> None:
    user.gives("subuid", "")
    take_along(release, user, "core", MODULE)
    said = typed(user, *BUILD).err
    assert (
        f"packages are made with the network at hand: cannot build as user {NAME}: "
        "/etc/subuid gives that user no range of ids\n"
    ) in said
    assert list((user.home / "packages").glob("*.changes"))


@pytest.fixture
def on_disk(user: User) -> User:
    """The same user on a machine that has too little memory to build there."""
    group = user.home / "group"
    group.mkdir()
    for name, text in (("memory.max", "1000000\n"), ("memory.current", "0\n")):
        (group / name).write_text(text)
    return replace(user, setup=f"{user.setup}\nmount --bind {group} /sys/fs/cgroup")


@contextmanager
def begun(user: User) -> Iterator["subprocess.Popen[str]"]:
    """A build that has made files of other ids on the disk; it is killed at the end."""
    words = user.words(PYTHON, "-m", "qlumod", *BUILD, **stored(user))
    process = subprocess.Popen(words, cwd=user.home, text=True, stderr=subprocess.PIPE)
    while not any(path.lstat().st_uid >= SUBIDS for path in walked(user.cache / "work")):
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        time.sleep(0.02)
    yield process
    process.kill()
    process.communicate()


def test_a_killed_build_leaves_no_process_and_what_it_leaves_on_the_disk_goes_with_the_next(
    release: SmallRelease, on_disk: User
) -> None:
    take_along(release, on_disk, "core")
    debris.adopt_orphans()
    before = [process.pid for process in debris.descendants()]
    with begun(on_disk):
        pass
    assert debris.left_running(before, [on_disk.home]) == []
    assert any(path.lstat().st_uid >= SUBIDS for path in walked(on_disk.cache / "work"))
    answer = on_disk.qlumod(*BUILD, **stored(on_disk))
    assert answer.status == 0, answer.out + answer.err
    assert list((on_disk.cache / "work").iterdir()) == []
    release.build(MODULE)
    assert files(*payloads(release, on_disk.cache)) == files(*payloads(release, release.cache))
