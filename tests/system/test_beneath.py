"""Beneath a directory: no link is followed on the way, and nothing outside is touched."""

import os
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import ignore
from qlumod.system.disk.beneath import Beneath, NotBeneath

SECRET = "what nobody may read or lose\n"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A directory that is not ours to touch."""
    place = tmp_path / "elsewhere"
    (place / "folder").mkdir(parents=True)
    (place / "file").write_text(SECRET)
    (place / "folder" / "inner").write_text(SECRET)
    return place


@pytest.fixture
def tree(tmp_path: Path) -> Beneath:
    (tmp_path / "tree").mkdir()
    return Beneath(tmp_path / "tree")


def content(top: Path) -> dict[str, str]:
    return {
        str(path.relative_to(top)): "" if path.is_dir() else path.read_text()
        for path in sorted(top.rglob("*"))
    }


def hold(tree: Beneath, path: Path) -> None:
    with tree.locked(path, wait=0, listen=ignore):
        pass


WAYS: dict[str, Callable[[Beneath, Path], object]] = {
    "make": lambda tree, folder: tree.make(folder / "new"),
    "make_new": lambda tree, folder: tree.make_new(folder / "new"),
    "names": lambda tree, folder: tree.names(folder),
    "regular_files": lambda tree, folder: list(tree.regular_files(folder)),
    "is_file": lambda tree, folder: tree.is_file(folder / "file"),
    "read": lambda tree, folder: tree.read(folder / "file", most=5),
    "write_whole": lambda tree, folder: tree.write_whole(folder / "file", b"lost"),
    "link_all from": lambda tree, folder: tree.link_all(folder, tree.top / "own", ["file"]),
    "link_all to": lambda tree, folder: tree.link_all(tree.top, folder, ["mine"]),
    "move_all from": lambda tree, folder: tree.move_all(folder, tree.top / "own", ["file"]),
    "move_all to": lambda tree, folder: tree.move_all(tree.top, folder, ["mine"]),
    "rename from": lambda tree, folder: tree.rename(folder / "file", tree.top / "file"),
    "rename to": lambda tree, folder: tree.rename(tree.top / "mine", folder / "file"),
    "point": lambda tree, folder: tree.point(folder / "file", "lost"),
    "unlink": lambda tree, folder: tree.unlink(folder / "file"),
    "unlink_same": lambda tree, folder: tree.unlink_same(folder / "file", folder / "file"),
    "remove_tree": lambda tree, folder: tree.remove_tree(folder / "folder"),
    "remove_empty": lambda tree, folder: tree.remove_empty(folder / "x", below=tree.top),
    "sync": lambda tree, folder: tree.sync([folder]),
    "locked": lambda tree, folder: hold(tree, folder / "file"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_link_on_the_way_is_an_error_that_names_it(
    way: str, tree: Beneath, elsewhere: Path
) -> None:
    (tree.top / "mine").write_text("mine")
    link = tree.top / "link"
    link.symlink_to(elsewhere)
    before = content(elsewhere)
    with pytest.raises(NotBeneath) as told:
        WAYS[way](tree, link)
    assert str(told.value) == (
        f"{link} is a symbolic link: no link in {tree.top} is followed\n"
        f"To mend it: see who made it (ls -l {link}), and put what it points at there itself"
    )
    assert content(elsewhere) == before
    assert (tree.top / "mine").read_text() == "mine"


def test_a_link_in_the_place_of_a_file_is_not_read_and_its_target_not_overwritten(
    tree: Beneath, elsewhere: Path
) -> None:
    link = tree.top / "file"
    link.symlink_to(elsewhere / "file")
    for look in (tree.is_file, partial(tree.read, most=100)):
        with pytest.raises(NotBeneath):
            look(link)
    tree.write_whole(link, b"new")
    assert (elsewhere / "file").read_text() == SECRET
    assert not link.is_symlink()
    assert link.read_bytes() == b"new"


def test_what_is_removed_is_the_link_and_never_what_it_points_at(
    tree: Beneath, elsewhere: Path
) -> None:
    before = content(elsewhere)
    (tree.top / "going").symlink_to(elsewhere)
    (tree.top / "debris" / "below").mkdir(parents=True)
    (tree.top / "debris" / "below" / "link").symlink_to(elsewhere)
    tree.remove_tree(tree.top / "going")
    tree.remove_tree(tree.top / "debris")
    tree.remove_tree(tree.top / "nothing" / "there")
    assert list(tree.top.iterdir()) == []
    assert content(elsewhere) == before


def test_a_path_with_dots_never_leaves_the_tree(tree: Beneath, elsewhere: Path) -> None:
    with pytest.raises(NotBeneath) as told:
        tree.unlink(tree.top / ".." / "elsewhere" / "file")
    assert str(told.value) == f"{tree.top}/../elsewhere leads out of {tree.top}"
    assert (elsewhere / "file").exists()


def test_the_top_itself_may_be_reached_by_a_link(tree: Beneath, tmp_path: Path) -> None:
    (tmp_path / "other").symlink_to(tree.top)
    other = Beneath(tmp_path / "other")
    other.write_whole(other.top / "file", b"x")
    assert tree.read(tree.top / "file", most=5) == b"x"


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (os.mkfifo, "a FIFO"),
        (lambda path: os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5)), "a character device"),
        (os.mkdir, "a directory"),
    ],
)
def test_only_regular_files_are_read(
    make: Callable[[Path], None], what: str, tree: Beneath
) -> None:
    path = tree.top / "document"
    make(path)
    with pytest.raises(QlumodError) as told:
        tree.read(path, most=5)
    assert str(told.value) == (
        f"cannot read {path}: it is {what}, not a regular file\n"
        f"To mend it: remove it, or put a file there: ls -l {path}"
    )


def test_more_than_the_most_is_not_read(tree: Beneath) -> None:
    path = tree.top / "document"
    path.write_bytes(b"12345")
    assert tree.read(path, most=5) == b"12345"
    with pytest.raises(QlumodError) as told:
        tree.read(path, most=4)
    assert str(told.value) == (
        f"cannot read {path}: it has more than 4 bytes, which is too much for what it should be\n"
        "To mend it: see what it is, and put the right file there"
    )


def test_directories_have_their_mode_whatever_the_umask_says(tree: Beneath) -> None:
    before = os.umask(0)
    try:
        tree.make(tree.top / "open" / "below")
        os.umask(0o077)
        tree.make(tree.top / "shut" / "below")
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tree.top.rglob("*")}
    assert modes == {0o755}


def test_files_are_listed_and_links_are_none(tree: Beneath, elsewhere: Path) -> None:
    for name in ("b/two", "a/one", "three"):
        tree.make((tree.top / name).parent)
        tree.write_whole(tree.top / name, b"")
    (tree.top / "a" / "link").symlink_to(elsewhere)
    assert list(map(str, tree.regular_files(tree.top))) == ["three", "a/one", "b/two"]
    assert tree.names(tree.top) == ("a", "b", "three")
    assert tree.names(tree.top / "missing") == ()
    assert list(tree.regular_files(tree.top / "missing")) == []
