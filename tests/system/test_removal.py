"""Trees are removed however deep they are, and what links of theirs lead to stays."""

import ast
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.system.disk.mount import unpacked_image
from qlumod.system.disk.removal import clear_directory, remove_directory, remove_tree
from qlumod.system.disk.scratch import scratch
from qlumod.system.disk.staging import staging, sweep
from qlumod.system.disk.tmpfs import scratch_space
from qlumod.system.disk.tree_scan import scan
from tests.conftest import ROOT
from tests.support.deep import make_deep


@pytest.fixture
def top() -> Iterator[Path]:
    """A directory that goes at the end, whatever was left in it; in memory, which is quicker."""
    memory = Path("/dev/shm")
    place = Path(tempfile.mkdtemp(dir=memory if os.access(memory, os.W_OK) else None))
    yield place / "top"
    subprocess.run(["rm", "-rf", place], check=True)


def test_a_deep_tree_is_removed(top: Path) -> None:
    for remove in (remove_tree, remove_directory, clear_directory):
        make_deep(top)
        make_deep(top / "d/d/beside")
        remove(top)
        assert not top.exists()


def test_a_deep_tree_hides_no_first_error(top: Path) -> None:
    top.mkdir()
    for place in (scratch_space(top / "space", available=0), scratch(top), staging(top, "mine")):
        with pytest.raises(ZeroDivisionError), place as space:
            make_deep(space / "root")
            raise ZeroDivisionError
        assert list(top.iterdir()) == []


def test_what_was_unpacked_hides_no_first_error(top: Path, tmp_path: Path) -> None:
    image = tmp_path / "image"
    (tmp_path / "tree/file").mkdir(parents=True)
    subprocess.run(["mksquashfs", tmp_path / "tree", image, "-quiet", "-no-progress"], check=True)
    top.mkdir()
    with pytest.raises(ZeroDivisionError), unpacked_image(image, top):
        make_deep(top / "tree")
        raise ZeroDivisionError
    with unpacked_image(image, top):
        assert list(top.iterdir()) == [top / "file"]
        make_deep(top / "tree")
    assert list(top.iterdir()) == []


def test_what_a_killed_build_left_so_deep_stops_no_build_after_it(top: Path) -> None:
    make_deep(top / "killed/scratch")
    (top / "killed.lock").touch()
    assert sweep(top) == (top / "killed",)
    assert list(top.iterdir()) == []


def test_no_link_is_followed(top: Path) -> None:
    kept = top / "kept"
    kept.mkdir(parents=True)
    (kept / "file").touch()
    (top / "tree/below").mkdir(parents=True)
    for place in (top / "tree/link", top / "tree/below/link", top / "alone"):
        place.symlink_to(kept)
    remove_directory(top / "tree")
    clear_directory(top / "alone")
    with pytest.raises(OSError, match="alone"):
        remove_directory(top / "alone")
    assert sorted(top.iterdir()) == [top / "alone", kept]
    assert (kept / "file").exists()


def test_what_is_not_there_is_told(top: Path) -> None:
    clear_directory(top)
    with pytest.raises(FileNotFoundError):
        remove_directory(top)


def test_the_first_fault_is_told_when_all_else_is_gone(
    top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b/kept", "c"):
        (top / name).mkdir(parents=True)
    rmdir = os.rmdir

    def refuse(name: str, **more: int) -> None:
        if name == "kept":
            raise PermissionError(1, "refused", name)
        rmdir(name, **more)

    monkeypatch.setattr(os, "rmdir", refuse)
    with pytest.raises(PermissionError, match="kept"):
        remove_directory(top)
    clear_directory(top)
    assert [path.relative_to(top).as_posix() for path in sorted(top.rglob("*"))] == ["b", "b/kept"]


def test_few_descriptors_are_open_at_once(top: Path) -> None:
    make_deep(top, levels=500)
    code = "import resource, sys; from qlumod.system.disk.removal import *; "
    code += "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)); remove_directory(sys.argv[1])"
    subprocess.run(["python3", "-c", code, top], cwd=ROOT, check=True)
    assert not top.exists()


@pytest.mark.parametrize(("name", "levels"), [("d", 3000), ("n" * 250, 30)])
def test_a_path_that_no_call_takes_is_told_by_its_beginning(
    top: Path, name: str, levels: int
) -> None:
    make_deep(top / "usr", levels=levels, name=name)
    with pytest.raises(QlumodError) as caught:
        scan(top)
    assert caught.value.brief.startswith(f"cannot read {f'/usr/{name}/{name}'[:60]}")
    assert caught.value.brief.endswith("and no layer can hold it")
    assert len(caught.value.brief) < 200


def test_nobody_calls_what_ends_where_the_stack_does() -> None:
    calls = {
        str(path.relative_to(ROOT / "qlumod"))
        for path in (ROOT / "qlumod").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if "rmtree" in (getattr(node, "attr", ""), getattr(node, "id", ""))
        or (isinstance(node, ast.alias) and node.name == "rmtree")
    }
    assert calls == set()


def test_temporary_directories_that_packages_write_to_are_removed_here() -> None:
    names = {
        str(path.relative_to(ROOT / "qlumod"))
        for path in (ROOT / "qlumod").rglob("*.py")
        if "TemporaryDirectory" in path.read_text()
    }
    assert names == {"packaging/debian/archives/download.py"}, (
        "only apt writes there; elsewhere it is `scratch`"
    )


def test_what_a_link_points_at_is_not_removed_with_it(tmp_path: Path) -> None:
    (tmp_path / "kept" / "below").mkdir(parents=True)
    (tmp_path / "link").symlink_to("kept")
    remove_tree(tmp_path / "link")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["below", "kept"]
