"""The contents files: one line per package, one line per path, whatever a path is called."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlumod.errors import QlumodError
from qlumod.model.contents import (
    PackageLine,
    PathLine,
    contents_text,
    escaped,
    packages_text,
    parse_contents,
    parse_packages,
    unescaped,
)
from qlumod.model.names import Digest, ModuleName

A = Digest("a" * 64)
SLURM = ModuleName("slurm")

PACKAGES = (
    PackageLine(
        package="munge",
        version="0.5.15-2",
        architecture="amd64",
        source="munge",
        sha256=A,
        archive="debian",
    ),
    PackageLine(
        package="slurmd",
        version="22.05.8-4",
        architecture="amd64",
        source="slurm-wlm (22.05.8-4)",
        sha256=A,
        archive="site",
    ),
)


def path(name: str, type_: str = "f", digest: str = A, origin: str = "munge") -> PathLine:
    return PathLine(
        type=type_, mode=0o4755, owner="root:munge", size=7, digest=digest, origin=origin, path=name
    )


def test_a_package_is_one_line_of_six_fields() -> None:
    text = packages_text(tuple(reversed(PACKAGES)))
    assert text == (
        f"munge\t0.5.15-2\tamd64\tmunge\t{A}\tdebian\n"
        f"slurmd\t22.05.8-4\tamd64\tslurm-wlm (22.05.8-4)\t{A}\tsite\n"
    )
    assert parse_packages(text, "slurm.packages.version") == PACKAGES


def test_a_path_is_one_line_of_seven_fields() -> None:
    lines = (path("/usr/bin/b"), path("/etc/a", "l", digest="../b", origin="<alternatives>"))
    text = contents_text(SLURM, lines)
    assert text == (
        "l\t4755\troot:munge\t7\t../b\t<alternatives>\t/etc/a\n"
        f"f\t4755\troot:munge\t7\t{A}\tmunge\t/usr/bin/b\n"
    )
    assert parse_contents(text, "slurm.contents") == tuple(reversed(lines))


@pytest.mark.parametrize(
    "name, written",
    [
        ("/a b", "/a b"),
        ("/ü", "/ü"),
        ("/a\tb\nc", "/a\\x09b\\x0ac"),
        ("/a\\x09", "/a\\\\x09"),
        ("/caf\udce9", "/caf\\xe9"),
        ("/\x7f", "/\\x7f"),
    ],
)
def test_a_path_stays_in_its_line_and_field(name: str, written: str) -> None:
    assert escaped(name) == written
    assert unescaped(written) == name


FAULTS = {
    "a file cut off": ("f\t0644", "x: the last line is not ended: the file was cut off"),
    "too few fields": (
        "f\t0644\n",
        "x:1: the line has 2 fields separated by tabs, not 7",
    ),
    "a type": (
        f"f\t0644\tr:r\t0\t{A}\tp\t/a\ns\t0644\tr:r\t0\t-\tp\t/b\n",
        "x:2: 's' is no type of path: they are f, d, l, h, c, b, p, w",
    ),
    "a mode": (
        "f\t0999\tr:r\t0\t-\tp\t/b\n",
        "x:1: '0999' and '0' are not a mode in octal and a size",
    ),
    "an escape": (
        "f\t0644\tr:r\t0\t-\tp\t/\\n\n",
        "x:1: '\\\\n' is no escape: they are '\\\\' and '\\xNN'",
    ),
    "an escape of what needs none": (
        "f\t0644\tr:r\t0\t-\tp\t/\\x41\n",
        "x:1: '\\\\x41' is no escape: they are '\\\\' and '\\xNN'",
    ),
}


@pytest.mark.parametrize("text, error", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_file_and_line(text: str, error: str) -> None:
    with pytest.raises(QlumodError) as caught:
        parse_contents(text, "x")
    assert str(caught.value) == error


NAMES = st.binary(min_size=1, max_size=20).map(
    lambda data: "/" + data.decode("utf-8", "surrogateescape")
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(NAMES, NAMES), unique_by=lambda pair: pair[0]))
def test_any_path_and_any_target_come_back(pairs: list[tuple[str, str]]) -> None:
    lines = tuple(path(name, "l", digest=target) for name, target in sorted(pairs))
    assert parse_contents(contents_text(SLURM, lines), "x") == lines
