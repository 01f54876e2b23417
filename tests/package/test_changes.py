"""What changed between two versions of a module."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlumod.model.contents import PackageLine
from qlumod.model.names import Digest
from qlumod.package.changelog import items, transparency
from qlumod.package.changes import bounded, changes
from qlumod.package.plan import Predecessor
from tests.package.small import plan


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
    ],
)
def test_changes_are_told_sorted_by_package(
    old: tuple[PackageLine, ...], new: tuple[PackageLine, ...], said: tuple[str, ...]
) -> None:
    assert tuple(str(change) for change in changes(old, new)) == said


some_lines = st.dictionaries(
    st.sampled_from("abcdef"), st.sampled_from(["1", "2"]), max_size=6
).map(lambda found: tuple(line(name, version) for name, version in found.items()))


@given(old=some_lines, new=some_lines)
def test_applied_to_the_old_list_the_changes_give_the_new_one(
    old: tuple[PackageLine, ...], new: tuple[PackageLine, ...]
) -> None:
    state = {entry.package: entry.version for entry in old}
    for change in changes(old, new):
        assert state.pop(change.package, None) == change.old
        if change.new is not None:
            state[change.package] = change.new
    assert state == {entry.package: entry.version for entry in new}


def test_a_long_list_ends_with_how_many_more_there_are() -> None:
    assert bounded(("a", "b"), 2) == ("a", "b")
    assert bounded(("a", "b", "c", "d"), 2) == ("a", "b", "and 2 more")


def test_a_changelog_tells_what_differs_from_the_version_before() -> None:
    made = plan("slurm", slurm=2)
    older = tuple(
        replace(entry, version="0.5.14-1", sha256=Digest("0" * 64))
        if entry.package == "munge"
        else entry
        for entry in made.packages[:-1]
    )
    made = replace(
        made, before=Predecessor(version="14.0.0-1", packages=older, changelog="older\n")
    )
    assert items(made) == (
        "  * Slurm 14.0.0 for bookworm amd64: 3 packages.",
        "  * munge 0.5.14-1 → 0.5.15-2",
        "  * added slurmd 22.05.8-4+deb12u3",
    )
    assert transparency(made)["slurm.packages.changelog"] == (
        "slurm 14.0.0-2 (Sat, 22 Nov 2025 12:00:00 +0000)\n"
        "  munge 0.5.14-1 → 0.5.15-2\n"
        "  added slurmd 22.05.8-4+deb12u3\n"
    )
