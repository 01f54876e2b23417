"""What changed between two versions of a module."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlumod.model.content_changes import bounded, counts, package_changes, path_changes
from qlumod.model.contents import PackageLine, PathLine
from qlumod.model.names import Digest


def line(package: str, version: str, digest: str = "") -> PackageLine:
    return PackageLine(
        package=package,
        version=version,
        architecture="amd64",
        source=package,
        sha256=Digest(digest or f"{package}{version}"),
        archive="debian",
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ((), (), ()),
        ((line("munge", "1"),), (line("munge", "1"),), ()),
        ((), (line("munge", "1"),), ("added munge 1",)),
        ((line("munge", "1"),), (), ("removed munge 1",)),
        ((line("munge", "1"),), (line("munge", "2"),), ("munge 1 → 2",)),
        (
            (line("munge", "1", "a"),),
            (line("munge", "1", "b"),),
            ("munge 1 was built again",),
        ),
        (
            (line("b", "1"), line("c", "1")),
            (line("c", "2"), line("a", "1")),
            ("added a 1", "removed b 1", "c 1 → 2"),
        ),
        ((line("munge", "1:2"),), (line("munge", "1:2~rc1"),), ("munge 1:2 → 1:2~rc1",)),
    ],
)
def test_changes_are_told_sorted_by_package(
    old: tuple[PackageLine, ...], new: tuple[PackageLine, ...], said: tuple[str, ...]
) -> None:
    assert tuple(str(change) for change in package_changes(old, new)) == said


some_lines = st.dictionaries(
    st.sampled_from("abcdef"), st.sampled_from(["1", "2"]), max_size=6
).map(lambda found: tuple(line(name, version) for name, version in found.items()))


@given(old=some_lines, new=some_lines)
def test_applied_to_the_old_list_the_package_changes_give_the_new_one(
    old: tuple[PackageLine, ...], new: tuple[PackageLine, ...]
) -> None:
    state = {entry.package: entry for entry in old}
    for change in package_changes(old, new):
        assert state.pop(change.package, None) == change.old
        if change.new is not None:
            state[change.package] = change.new
    assert state == {entry.package: entry for entry in new}


def path(name: str, **fields: object) -> PathLine:
    given = {
        "type": "f",
        "mode": 0o644,
        "owner": "root:root",
        "size": 1,
        "digest": "a" * 64,
        "origin": "munge",
        **fields,
    }
    return PathLine(path=name, **given)  # type: ignore[arg-type]


LINK = {"type": "l", "mode": 0o777, "size": 3}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (path("/a"), path("/a"), ()),
        (None, path("/a"), ("added file /a (munge)",)),
        (path("/a", type="d", digest="-"), None, ("removed directory /a (munge)",)),
        (path("/a"), path("/a", digest="b" * 64), ("changed /a (munge): content",)),
        (path("/a"), path("/a", size=2, digest="b"), ("changed /a (munge): content",)),
        (path("/a"), path("/a", mode=0o4755), ("changed /a (munge): mode 0644 → 4755",)),
        (
            path("/a"),
            path("/a", owner="munge:munge"),
            ("changed /a (munge): owner root:root → munge:munge",),
        ),
        (
            path("/a"),
            path("/a", origin="<ldconfig>"),
            ("changed /a (<ldconfig>): package munge → <ldconfig>",),
        ),
        (
            path("/a", digest="../b", **LINK),
            path("/a", digest="../c\n", **LINK),
            ("changed /a (munge): target ../b → ../c\\x0a",),
        ),
        (
            path("/a"),
            path("/a", digest="../c", **LINK),
            ("changed /a (munge): type file → link, mode 0644 → 0777",),
        ),
        (
            path("/a\n\udcff"),
            path("/a\n\udcff", mode=0o600, digest="b"),
            ("changed /a\\x0a\\xff (munge): content, mode 0644 → 0600",),
        ),
    ],
)
def test_a_changed_path_tells_what_changed_and_of_which_package(
    old: PathLine | None, new: PathLine | None, said: tuple[str, ...]
) -> None:
    found = path_changes((old,) if old else (), (new,) if new else ())
    assert tuple(map(str, found)) == said


some_paths = st.lists(
    st.builds(
        path,
        st.sampled_from(["/a", "/b", "/c\n", "/d\udcff", "/e\\x"]),
        type=st.sampled_from("fdlhcbpw"),
        mode=st.sampled_from([0o644, 0o4755]),
        owner=st.sampled_from(["root:root", "munge:munge"]),
        size=st.integers(0, 2),
        digest=st.sampled_from(["-", "x", "../y\n"]),
        origin=st.sampled_from(["munge", "<ldconfig>"]),
    ),
    unique_by=lambda line: line.path,
).map(tuple)


@given(old=some_paths, new=some_paths)
def test_applied_to_the_old_contents_the_path_changes_give_the_new_ones(
    old: tuple[PathLine, ...], new: tuple[PathLine, ...]
) -> None:
    state = {entry.path: entry for entry in old}
    for change in path_changes(old, new):
        assert state.pop(change.path, None) == change.old
        if change.new is not None:
            state[change.path] = change.new
        assert "\n" not in str(change) and not str(change).endswith((":", ": "))
    assert state == {entry.path: entry for entry in new}


def test_a_long_list_ends_with_how_many_more_there_are_of_each_kind() -> None:
    changes = package_changes(
        (line("c", "1"), line("d", "2"), line("e", "1", "a")),
        (line("a", "1"), line("b", "1"), line("c", "2"), line("d", "1"), line("e", "1", "b")),
    )
    assert bounded(changes, 5) == tuple(map(str, changes))
    assert bounded(changes, 2) == (
        "added a 1",
        "added b 1",
        "and 3 more: 1 upgraded, 1 downgraded, 1 built again",
    )
    assert counts(changes, "package") == (
        "2 packages added, 1 upgraded, 1 downgraded, 1 built again"
    )
