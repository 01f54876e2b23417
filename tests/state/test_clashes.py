"""Paths that two modules bring differently."""

import pytest

from qlumod.model.contents import PathLine
from qlumod.packaging.debian.state.state_table import STATE_TABLE
from qlumod.state.clashes import Layer, clashes


def line(path, digest="1" * 64, type_="f", mode=0o644, owner="root:root", origin="pkg"):
    return PathLine(
        type=type_, mode=mode, owner=owner, size=1, digest=digest, origin=origin, path=path
    )


def layer(module, *lines, wins=(), upon=("core",)):
    return Layer(module=module, lines=lines, wins=tuple(wins), stands_upon=frozenset(upon))


def told(*layers):
    return [str(fault) for fault in clashes(layers, STATE_TABLE)]


def test_two_contents_of_a_path_are_a_clash_that_names_both_modules():
    assert told(
        layer("ha", line("/etc/aliases", "a" * 64, origin="exim4-base")),
        layer("slurm", line("/etc/aliases", "b" * 64, mode=0o600, origin="<maintainer-script>")),
    ) == [
        "/etc/aliases: modules ha and slurm bring it differently\n"
        "  ha: f 0644 root:root aaaaaaaaaaaa from exim4-base\n"
        "  slurm: f 0600 root:root bbbbbbbbbbbb from <maintainer-script>\n"
        "To mend it: list it under Wins in the module whose is right, and let it require the other"
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (line("/a"), line("/a")),
        (line("/a"), line("/a", origin="other")),
        (line("/d", "-", "d"), line("/d", "-", "d")),
        (line("/a", "-", "w"), line("/a", "-", "w")),
        (line("/etc/pam.d/common-auth", "1"), line("/etc/pam.d/common-auth", "2")),
    ],
)
def test_modules_that_agree_and_caches_are_no_clash(one, other):
    assert told(layer("ha", one), layer("slurm", other)) == []


@pytest.mark.parametrize(
    "other",
    [
        line("/a", "2"),
        line("/a", mode=0o4755),
        line("/a", owner="munge:munge"),
        line("/a", "1" * 64, "l"),
        line("/a", "-", "d"),
        line("/a", "-", "w"),
    ],
)
def test_every_difference_is_a_clash(other):
    assert len(told(layer("ha", line("/a")), layer("slurm", other))) == 1
    assert len(told(layer("ha", other), layer("slurm", line("/a")))) == 1


def test_a_module_may_differ_from_those_that_it_stands_upon():
    assert told(layer("core", line("/a")), layer("slurm", line("/a", "2"))) == []


def test_the_upper_module_may_win():
    assert told(layer("ha", line("/a")), layer("slurm", line("/a", "2"), wins=["/a"])) == []


def test_a_lower_module_cannot_win():
    (fault,) = told(layer("ha", line("/a"), wins=["/a"]), layer("slurm", line("/a", "2")))
    assert fault.endswith("To mend it: ha wins only if it stands above: let it require slurm")


def test_a_hard_link_is_compared_by_its_content():
    linked = layer("ha", line("/a"), line("/b", "/a", "h"))
    assert told(linked, layer("slurm", line("/b"))) == []
    assert len(told(linked, layer("slurm", line("/b", "2")))) == 1


def test_a_path_below_a_directory_that_another_module_takes_away_is_a_clash():
    assert told(layer("ha", line("/d", "-", "w")), layer("slurm", line("/d/x"))) == [
        "/d/x: module ha takes /d away, but module slurm brings this path"
    ]
