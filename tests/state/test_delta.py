"""Which paths of an overlay's upper directory become a layer."""

from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlumod.model.tree import TreeEntry
from qlumod.packaging.debian.state.state_table import STATE_TABLE
from qlumod.state.delta import Action
from qlumod.state.delta import plan_delta as plan_delta_by
from qlumod.state.entry_differences import Names, same

plan_delta = partial(plan_delta_by, table=STATE_TABLE)

OPAQUE = (("trusted.overlay.opaque", b"y"),)
ANYWHERE = tuple("/*" * depth for depth in range(1, 5))


def d(path, **more):
    return TreeEntry(path=path, type="d", mode=more.pop("mode", 0o755), **more)


def f(path, digest="1", **more):
    return TreeEntry(
        path=path, type="f", mode=more.pop("mode", 0o644), size=1, digest=digest, **more
    )


def link(path, target):
    return TreeEntry(path=path, type="l", mode=0o777, target=target, size=len(target))


def whiteout(path):
    return TreeEntry(path=path, type="c", mode=0, rdev=0)


def tree(*entries):
    return {entry.path: entry for entry in (d("/"), *entries)}


def stacked(below, layer):
    """What overlayfs shows of a layer over a view (overlayfs.rst)."""
    view = dict(below)

    def clear(path):
        for known in list(view):
            if known.startswith(f"{path.rstrip('/')}/") and known != "/":
                del view[known]

    for path in sorted(layer):
        entry = layer[path]
        was = view.get(path)
        if entry.whiteout:
            clear(path)
            view.pop(path, None)
            continue
        if entry.type != "d" or was is None or was.type != "d" or entry.xattrs == OPAQUE:
            clear(path)
        view[path] = replace(entry, xattrs=())
    return view


def layer_of(plan, upper):
    """The layer that a plan makes: no directory of it is opaque."""
    kept = {path: replace(upper[path], xattrs=()) for path in plan.kept}
    return kept | {path: whiteout(path) for path in plan.whiteouts}


NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(lambda names: "/" + "/".join(names))
LEAVES = st.one_of(
    st.builds(lambda digest: ("f", digest), st.sampled_from("12")),
    st.just(("d", "755")),
    st.just(("d", "700")),
    st.builds(lambda target: ("l", target), st.sampled_from(["x", "y"])),
)


def made(path, leaf):
    kind, value = leaf
    if kind == "d":
        return d(path, mode=int(value, 8))
    return f(path, value) if kind == "f" else link(path, value)


def grown(leaves, root):
    """A tree in which every parent is a directory; what lies in the way of a leaf gives way."""
    found = {"/": root}
    for path, leaf in sorted(leaves.items()):
        entry = whiteout(path) if leaf == "whiteout" else None
        opaque = isinstance(leaf, tuple) and leaf[0] == "opaque"
        entry = entry or (d(path, xattrs=OPAQUE) if opaque else made(path, leaf))
        parents = []
        parent = path.rpartition("/")[0]
        while parent:
            parents.append(parent)
            parent = parent.rpartition("/")[0]
        if any(p in found and found[p].type != "d" for p in parents):
            continue
        for p in parents:
            found.setdefault(p, d(p))
        found[path] = entry
    return found


BELOW = st.dictionaries(PATHS, LEAVES, max_size=12).map(lambda leaves: grown(leaves, d("/")))
UPPER = st.dictionaries(
    PATHS, st.one_of(LEAVES, st.just("whiteout"), st.just(("opaque", ""))), max_size=12
).map(lambda leaves: grown(leaves, d("/")))


@settings(max_examples=400, deadline=None)
@given(below=BELOW, upper=UPPER)
def test_the_planned_layer_over_the_view_below_shows_the_view_above(below, upper):
    plan = plan_delta(upper, below, wins=ANYWHERE)
    assert plan.faults == ()
    assert stacked(below, layer_of(plan, upper)) == stacked(below, upper)


@settings(max_examples=200, deadline=None)
@given(below=BELOW, upper=UPPER)
def test_a_planned_layer_repeats_no_file_and_hides_nothing_that_is_not_there(below, upper):
    plan = plan_delta(upper, below, wins=ANYWHERE)
    for path in plan.kept:
        if upper[path].type != "d":
            assert path not in below or not same(below[path], upper[path])
    assert set(plan.whiteouts) <= set(below)
    assert sorted({step.path for step in plan.steps}) == [step.path for step in plan.steps]


@settings(max_examples=200, deadline=None)
@given(below=BELOW, upper=UPPER)
def test_without_wins_no_path_of_a_module_below_is_touched(below, upper):
    plan = plan_delta(upper, below)
    if not plan.faults:
        view = stacked(below, layer_of(plan, upper))
        assert {path: view.get(path) for path in below} == below


@given(upper=UPPER)
def test_over_nothing_everything_is_kept_but_whiteouts(upper):
    plan = plan_delta(upper, {})
    assert set(plan.kept) == {path for path, entry in upper.items() if not entry.whiteout}
    assert plan.whiteouts == ()


@pytest.mark.parametrize(
    ("upper", "below", "path", "action"),
    [
        (f("/usr/bin/srun"), None, "/usr/bin/srun", Action.KEEP),
        (f("/usr/bin/sh"), f("/usr/bin/sh"), "/usr/bin/sh", Action.SAME),
        (f("/usr/bin/sh", mtime=5), f("/usr/bin/sh"), "/usr/bin/sh", Action.SAME),
        (f("/usr/bin/sh", "2"), f("/usr/bin/sh"), "/usr/bin/sh", Action.REFUSE),
        (f("/usr/bin/sh", mode=0o4755), f("/usr/bin/sh"), "/usr/bin/sh", Action.REFUSE),
        (whiteout("/usr/bin/sh"), f("/usr/bin/sh"), "/usr/bin/sh", Action.REFUSE),
        (whiteout("/usr/bin/sh"), None, "/usr/bin/sh", Action.SAME),
        (f("/etc/passwd"), f("/etc/passwd", "2"), "/etc/passwd", Action.STATE),
        (whiteout("/etc/shells"), f("/etc/shells"), "/etc/shells", Action.STATE),
        (f("/etc/machine-id"), None, "/etc/machine-id", Action.STATE),
        (f("/etc/ld.so.cache"), None, "/etc/ld.so.cache", Action.STATE),
        (f("/etc/passwd-"), None, "/etc/passwd-", Action.DROP),
        (d("/run/lock"), None, "/run/lock", Action.DROP),
        (d("/run"), None, "/run", Action.KEEP),
        (d("/var/cache/debconf/tmp.ci"), None, "/var/cache/debconf/tmp.ci", Action.DROP),
        (d("/etc/hostname"), None, "/etc/hostname", Action.KEEP),
        (f("/usr/share/info/dir"), f("/usr/share/info/dir"), "/usr/share/info/dir", Action.SAME),
        (f("/usr/share/info/dir"), None, "/usr/share/info/dir", Action.CACHE),
        (f("/etc/munge/munge.key"), None, "/etc/munge/munge.key", Action.SECRET),
        (d("/etc/munge"), d("/etc/munge", mode=0o700), "/etc/munge", Action.REFUSE),
        (link("/usr/bin/awk", "/etc/alternatives/awk"), None, "/usr/bin/awk", Action.STATE),
        (f("/etc/foo.dpkg-dist"), None, "/etc/foo.dpkg-dist", Action.DROP),
    ],
)
def test_each_path_has_its_action(upper, below, path, action):
    plan = plan_delta(
        {path: upper}, {below.path: below} if below else {}, secrets=["/etc/munge/munge.key"]
    )
    assert [(step.path, step.action) for step in plan.steps] == [(path, action)]


def test_a_changed_file_is_refused_with_what_changed_and_how_to_allow_it():
    plan = plan_delta(
        tree(d("/etc"), f("/etc/hosts", "2", mode=0o600)), tree(d("/etc"), f("/etc/hosts"))
    )
    (fault,) = plan.faults
    assert str(fault) == (
        "/etc/hosts: the build changed this path of a module below\n"
        "  mode was 0644, is 0600\n"
        "  content was 1, is 2\n"
        "To mend it: if this module's is right for every stack, add /etc/hosts to the field Wins"
    )


def test_a_changed_owner_is_told_by_its_name():
    (fault,) = plan_delta(
        tree(d("/var", gid=410, uid=7)),
        tree(d("/var")),
        names=Names(users={0: "root"}, groups={0: "root", 410: "ssl-cert"}),
    ).faults
    assert fault.details == ("uid was 0 (root), is 7", "gid was 0 (root), is 410 (ssl-cert)")


def test_a_removed_file_is_refused_unless_the_module_wins():
    upper, below = tree(whiteout("/a")), tree(f("/a"))
    (fault,) = plan_delta(upper, below).faults
    assert str(fault) == (
        "/a: the build removed this path of a module below\n"
        "To mend it: if it is right that it is gone, add /a to the field Wins"
    )
    assert plan_delta(upper, below, wins=["/a"]).whiteouts == ("/a",)


def test_a_hard_link_of_something_new_is_kept_with_it():
    below = tree(f("/a"))
    upper = tree(f("/a", inode=(1, 7), nlink=2), f("/b", inode=(1, 7), nlink=2))
    plan = plan_delta(upper, below)
    assert plan.kept == ("/", "/a", "/b")


def test_a_directory_below_is_in_the_layer_only_on_the_way_to_something():
    below = tree(d("/usr"), d("/usr/bin"), d("/usr/lib"))
    upper = tree(d("/usr"), d("/usr/bin"), d("/usr/lib"), f("/usr/bin/srun"))
    assert plan_delta(upper, below).kept == ("/", "/usr", "/usr/bin", "/usr/bin/srun")


def test_an_opaque_directory_becomes_whiteouts_of_what_is_really_below():
    below = tree(d("/o"), f("/o/a"), d("/o/d"), f("/o/d/x"), f("/o/d/y"), d("/o/e"), f("/o/e/z"))
    upper = tree(d("/o", xattrs=OPAQUE), f("/o/a"), d("/o/d"), f("/o/d/x", "2"))
    plan = plan_delta(upper, below, wins=ANYWHERE)
    assert plan.whiteouts == ("/o/d/y", "/o/e")
    assert plan.kept == ("/", "/o", "/o/d", "/o/d/x")
