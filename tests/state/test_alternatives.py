"""Alternatives: what a merge makes is what update-alternatives itself makes of all choices."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlumod.errors import QlumodError
from qlumod.packaging.debian.state.alternatives import (
    ALTERNATIVES,
    Choice,
    LinkGroup,
    best,
    group_text,
    parse_group,
)
from qlumod.state.kind import StateFile
from tests.state.files import CORE, HA, SLURM, at, faults, text

ADMIN, LINKS = "/var/lib/dpkg/alternatives", "/etc/alternatives"
AWK = """\
auto
/usr/bin/awk
awk.1.gz
/usr/share/man/man1/awk.1.gz
nawk
/usr/bin/nawk

/usr/bin/gawk
10

/usr/bin/gawk
/usr/bin/mawk
5
/usr/share/man/man1/mawk.1.gz
/usr/bin/mawk

"""


class AlternativesRoot:
    """A root in which the real update-alternatives works."""

    def __init__(self, place: Path) -> None:
        self.place = place
        for directory in (ADMIN, LINKS, "/usr/bin", "/usr/share/man", "/var/log"):
            (place / directory[1:]).mkdir(parents=True)

    def provide(self, name, slaves=()):
        for path in (f"usr/bin/{name}", *(f"usr/share/man/{name}.{slave}" for slave in slaves)):
            (self.place / path).touch()

    def call(self, *words):
        root = str(self.place)
        subprocess.run(
            ["update-alternatives", "--root", root, "--quiet", *words],
            check=True,
            env={**os.environ, "LC_ALL": "C"},
            stderr=subprocess.DEVNULL,
        )

    def install(self, group, name, priority, slaves=()):
        words = ["--install", f"/usr/bin/{group}", group, f"/usr/bin/{name}", str(priority)]
        for slave in slaves:
            target = f"/usr/share/man/{name}.{slave}"
            words += ["--slave", f"/usr/share/man/{slave}", slave, target]
        self.call(*words)

    def files(self):
        found = {}
        for full in sorted(self.place.rglob("*")):
            path = f"/{full.relative_to(self.place)}"
            if full.is_symlink():
                target = str(full.readlink())
                file = StateFile(data=target.encode(), mode=0o777, link=True)
            elif full.is_file():
                target, file = "", StateFile(data=full.read_bytes())
            else:
                continue
            if ALTERNATIVES.claims(path, target):
                found[path] = file
        return found


def test_an_administrative_file_is_read_and_written_as_it_lies():
    group = parse_group("awk", AWK)
    assert group_text(group) == AWK
    assert group.choices["/usr/bin/gawk"] == Choice(
        file="/usr/bin/gawk", priority=10, slaves={"nawk": "/usr/bin/gawk"}
    )


def test_a_damaged_administrative_file_is_an_error():
    with pytest.raises(QlumodError) as error:
        parse_group("awk", AWK[:60])
    assert faults(error) == "/var/lib/dpkg/alternatives/awk: it is damaged"


def choices(*pairs):
    return {file: Choice(file=file, priority=priority, slaves={}) for file, priority in pairs}


@pytest.mark.parametrize(
    ("pairs", "current", "expected"),
    [
        ([("/a", 1), ("/b", 2)], "", "/b"),
        ([("/a", 1), ("/b", 2)], "/a", "/b"),
        ([("/b", 2), ("/a", 2)], "", "/a"),
        ([("/a", 2), ("/b", 2)], "/b", "/b"),
        ([("/a", -5), ("/b", -50)], "", "/a"),
    ],
)
def test_the_best_choice_has_the_highest_priority_or_was_there(pairs, current, expected):
    group = LinkGroup(name="g", mode="auto", link="/g", slaves={}, choices=choices(*pairs))
    assert best(group, current) == expected


CHOICES = st.dictionaries(
    st.sampled_from(["one", "two", "three", "four"]),
    st.sets(st.sampled_from(["a.1", "b.1"]), max_size=2),
    max_size=3,
)
PRIORITY = {"one": 10, "two": 20, "three": 30, "four": -1}


@pytest.mark.programs
@settings(max_examples=30, deadline=None)
@given(core=CHOICES, slurm=CHOICES, ha=CHOICES, missing=st.sets(st.sampled_from(["a.1", "b.1"])))
def test_a_merge_equals_update_alternatives_with_all_choices(
    tmp_path_factory, core, slurm, ha, missing
):
    # One package is in one module only: what core has, the others do not bring again.
    slurm = {name: slaves for name, slaves in slurm.items() if name not in core}
    ha = {name: slaves for name, slaves in ha.items() if name not in {*core, *slurm}}

    def installed(*modules):
        root = AlternativesRoot(tmp_path_factory.mktemp("root"))
        for module in modules:
            for name, slaves in module.items():
                root.provide(name, slaves - missing)
                root.install("tool", name, PRIORITY[name], sorted(slaves))
        return root.files()

    below = installed(core)
    stack = ALTERNATIVES.merge(
        [
            (CORE, ALTERNATIVES.capture({}, below)),
            (SLURM, ALTERNATIVES.capture(below, installed(core, slurm))),
            (HA, ALTERNATIVES.capture(below, installed(core, ha))),
        ]
    )
    assert stack == installed(core, slurm, ha)


@pytest.mark.programs
def test_a_choice_made_by_hand_stays(tmp_path):
    root = AlternativesRoot(tmp_path)
    root.provide("one")
    root.install("tool", "one", 10)
    below = root.files()
    root.provide("two")
    root.install("tool", "two", 5)
    root.call("--set", "tool", "/usr/bin/two")
    stack = ALTERNATIVES.merge(
        [
            (CORE, ALTERNATIVES.capture({}, below)),
            (SLURM, ALTERNATIVES.capture(below, root.files())),
        ]
    )
    assert stack == root.files()
    assert stack[f"{LINKS}/tool"].data == b"/usr/bin/two"


def admin(value, *pairs, mode="auto", link="/usr/bin/tool"):
    group = LinkGroup(name="tool", mode=mode, link=link, slaves={}, choices=choices(*pairs))
    main = StateFile(data=value.encode(), mode=0o777, link=True)
    return {**at(f"{ADMIN}/tool", group_text(group)), f"{LINKS}/tool": main}


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (
            admin("/a", ("/a", 11)),
            "modules slurm and ha disagree about the alternative /a",
        ),
        (
            admin("/b", ("/b", 5), link="/usr/sbin/tool"),
            "modules slurm and ha disagree about its link: /usr/bin/tool or /usr/sbin/tool",
        ),
    ],
)
def test_modules_that_disagree_are_an_error(other, words):
    with pytest.raises(QlumodError) as error:
        ALTERNATIVES.merge(
            [
                (SLURM, ALTERNATIVES.capture({}, admin("/a", ("/a", 10)))),
                (HA, ALTERNATIVES.capture({}, other)),
            ]
        )
    assert faults(error) == f"/var/lib/dpkg/alternatives/tool: {words}"


def test_two_choices_made_by_hand_are_an_error():
    one = admin("/a", ("/a", 10), mode="manual")
    other = admin("/b", ("/b", 5), mode="manual")
    with pytest.raises(QlumodError) as error:
        ALTERNATIVES.merge(
            [(SLURM, ALTERNATIVES.capture({}, one)), (HA, ALTERNATIVES.capture({}, other))]
        )
    assert faults(error) == (
        "/var/lib/dpkg/alternatives/tool: modules slurm and ha disagree about its value: /a or /b"
    )


def test_a_module_must_not_remove_an_alternative_of_a_module_below():
    below = admin("/a", ("/a", 10), ("/b", 5))
    with pytest.raises(QlumodError) as error:
        ALTERNATIVES.capture(below, admin("/a", ("/a", 10)))
    assert faults(error) == (
        "/var/lib/dpkg/alternatives/tool: the build removed the alternative /b of a module below"
    )


def test_links_are_made_at_their_canonical_places():
    fragment = ALTERNATIVES.capture({}, admin("/usr/bin/a", ("/usr/bin/a", 1), link="/sbin/tool"))
    stack = ALTERNATIVES.merge([(CORE, fragment)])
    assert stack["/usr/sbin/tool"].data == b"/etc/alternatives/tool"
    assert text(stack, f"{ADMIN}/tool").splitlines()[1] == "/sbin/tool"
