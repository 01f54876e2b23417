"""Paths of a root: whatever links a package puts there, nothing outside is read or written."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qlumod.errors import QlumodError
from qlumod.system.disk.within import Root

SECRET = b"the host's own\n"


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A directory of the host that a root beside it has links to."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_bytes(SECRET)
    return outside


@pytest.fixture
def root(tmp_path: Path, host: Path) -> Root:
    """A root whose links all try to lead out of it."""
    top = tmp_path / "root"
    for path in ("etc", "usr/lib", "srv"):
        (top / path).mkdir(parents=True)
    (top / "lib").symlink_to("usr/lib")
    (top / "absolute").symlink_to("/srv")
    (top / "upward").symlink_to("../../../../srv")
    (top / "chain").symlink_to("/upward")
    (top / "circle").symlink_to("circle")
    (top / "out").symlink_to(host)
    (top / "out-file").symlink_to(host / "file")
    (top / "nowhere").symlink_to("/new/place")
    (top / "etc/file").write_text("x")
    return Root(top)


LEADS_TO = {
    "/etc": "/etc",
    "/lib": "/usr/lib",
    "/absolute": "/srv",
    "/upward": "/srv",
    "/chain": "/srv",
    "/../../etc/../lib": "/usr/lib",
    "/absolute/../etc": "/etc",
    "/": "/",
}


@pytest.mark.parametrize("path", LEADS_TO)
def test_links_are_followed_within_the_root(root: Root, path: str) -> None:
    assert root.where(path) == LEADS_TO[path]


@pytest.mark.parametrize("path", ["/out/file", "/out-file", "/upward/../../outside/file"])
def test_what_lies_outside_is_not_there(root: Root, path: str) -> None:
    assert not root.is_file(path)
    with pytest.raises(FileNotFoundError):
        root.read(path)


def test_a_link_that_leads_nowhere_is_something_and_no_file(root: Root) -> None:
    assert root.has("/out-file")
    assert root.is_link("/out-file")
    assert root.target("/out-file").endswith("/outside/file")
    assert not root.has("/nothing")


def test_what_is_no_file_is_not_even_opened(root: Root) -> None:
    # The kernel has no driver of that number, and would say so.
    root.make_node("/etc/device", stat.S_IFCHR | 0o644, os.makedev(4095, 7))
    root.make_node("/etc/fifo", stat.S_IFIFO | 0o644, 0)
    for path in ("/etc/device", "/etc/fifo", "/etc"):
        with pytest.raises(QlumodError, match="is no regular file"):
            root.read(path)


def test_a_file_that_is_too_large_is_not_read(root: Root) -> None:
    os.truncate(root.place / "etc/file", 6 << 30)
    with pytest.raises(QlumodError) as raised:
        root.read("/etc/file")
    assert str(raised.value) == "/etc/file within the root has more than 256 MiB"


@pytest.mark.parametrize(
    ("path", "plain"),
    [("/etc", True), ("/usr/lib/x/y", True), ("/lib", False), ("/lib/x", False), ("/out", False),
     ("/nowhere", False), ("/circle", False), ("/etc/file/x", False), ("/", True)],
)  # fmt: skip
def test_a_plain_path_has_no_link_in_it(root: Root, path: str, plain: bool) -> None:
    assert root.is_plain(path) is plain


WRITTEN: dict[str, Callable[[Root, str], object]] = {
    "write": lambda root, path: root.write(path, b"mine"),
    "link": lambda root, path: root.link(path, "mine"),
    "directory": lambda root, path: root.make_directory(path),
    "node": lambda root, path: root.make_node(path, 0o010600, 0),
    "hard link": lambda root, path: root.link_hard("/etc/file", path),
    "rename": lambda root, path: root.rename("/etc/file", path),
}


@pytest.mark.parametrize("deed", WRITTEN)
@pytest.mark.parametrize("way", ["/out", "/upward/../../outside", "/nowhere"])
def test_what_is_made_is_made_within_the_root(root: Root, host: Path, deed: str, way: str) -> None:
    WRITTEN[deed](root, f"{way}/made")
    assert sorted(path.name for path in host.iterdir()) == ["file"]
    assert root.has(f"{way}/made")
    assert os.path.lexists(root.place / root.where(way).lstrip("/") / "made")


def test_a_link_is_replaced_and_not_written_through(root: Root, host: Path) -> None:
    root.write("/out-file", b"mine", mode=0o600)
    assert (host / "file").read_bytes() == SECRET
    assert root.read("/out-file") == b"mine"
    assert root.status("/out-file").st_mode & 0o7777 == 0o600


def test_what_is_removed_is_the_name_itself(root: Root, host: Path) -> None:
    root.remove("/out/file")
    root.remove("/out")
    root.remove("/no/such/file")
    assert (host / "file").read_bytes() == SECRET
    assert not root.has("/out")


def test_owners_modes_times_and_attributes_are_those_within(root: Root, host: Path) -> None:
    before = (host / "file").stat()
    root.own("/out-file", uid=1, gid=1, mode=0o777, mtime=1)
    root.set_time("/out", 1)
    with pytest.raises(OSError, match=r"No data available|not supported|not permitted"):
        root.remove_attributes("/out-file", ["user.qlumod"])
    assert (host / "file").stat() == before


WRONG = {
    "circle": ("/circle/x", "/circle within the root is a circle of links"),
    "through a file": ("/etc/file/x", "/etc/file within the root is no directory"),
    "a directory": ("/etc", "/etc within the root is a directory"),
    "no name": ("/etc/..", "'/etc/..' is no path of a file"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_does_not_fit_is_refused(root: Root, kind: str) -> None:
    path, error = WRONG[kind]
    with pytest.raises(QlumodError) as raised:
        root.write(path, b"")
    assert str(raised.value) == error


@pytest.mark.parametrize("kind", ["fifo", "device"])
def test_only_regular_files_are_read_and_nothing_is_waited_for(root: Root, kind: str) -> None:
    if kind == "fifo":
        os.mkfifo(root.place / "odd")
    elif os.geteuid() == 0:
        os.mknod(root.place / "odd", 0o020666, os.makedev(1, 5))
    else:
        pytest.skip("devices are root's to make")
    with pytest.raises(QlumodError, match=r"\A/odd within the root is no regular file\Z"):
        root.read("/odd")


def test_patterns_find_names_and_never_lead_out(root: Root) -> None:
    (root.place / "usr/lib/one.so").touch()
    assert root.matching("/lib/*.so") == ("/lib/one.so",)
    assert root.matching("/*/file") == ("/etc/file",)
    assert root.matching("/etc/file") == ("/etc/file",)
    assert root.matching("/etc/nothing") == ()


def test_what_lies_below_a_directory_is_told_without_following_links(root: Root) -> None:
    (root.place / "usr/lib/deep").mkdir()
    (root.place / "usr/lib/deep/one").touch()
    (root.place / "usr/lib/way-out").symlink_to("/out")
    assert tuple(root.below("/lib")) == ("/lib/way-out", "/lib/deep/one")
    assert tuple(root.below("/no/such")) == ()


NAMES = st.sampled_from(["a", "b", "..", ".", "out", "up"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=6), st.sampled_from(["/..", "..", "../../outside"]))
def test_no_path_leads_out(tmp_path_factory: pytest.TempPathFactory, names, target) -> None:
    top = tmp_path_factory.mktemp("tree")
    (top / "outside").mkdir()
    place = top / "root"
    (place / "a/b").mkdir(parents=True)
    (place / "out").symlink_to(top / "outside")
    (place / "a/up").symlink_to(target)
    root = Root(place)
    path = f"/{'/'.join(names)}/made"
    try:
        root.write(path, b"x")
    except (QlumodError, OSError):
        return
    assert list((top / "outside").iterdir()) == []
    assert sorted(path.name for path in top.iterdir()) == ["outside", "root"]
    assert root.read(path) == b"x"
