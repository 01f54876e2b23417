"""Packages and paths are found in contents without parsing all lines."""

import pytest

from qlumod.errors import QlumodError
from qlumod.model.contents_search import packages_in_list, path_in_contents, whiteouts
from qlumod.model.paths import merged_path

DIGEST = "a" * 64
CONTENTS = (
    "d\t0755\troot:root\t0\t-\tbase-files\t/usr\n"
    f"f\t4755\troot:root\t182\t{DIGEST}\tmunge\t/usr/bin/a\n"
    "l\t0777\troot:root\t11\t/usr/bin/a\t<x>\t/usr/bin/b\n"
    f"f\t0644\troot:root\t1\t{DIGEST}\tmunge\t/usr/bin/odd\\x09\\xff\\\\\n"
    "w\t0000\troot:root\t0\t-\t<hidden>\t/usr/lib/gone\n"
).encode()
PACKAGES = "".join(
    f"{name}\t1-1\tamd64\t{name}\t{DIGEST}\tdebian\n" for name in ("lib-a", "libb", "munge")
).encode()


@pytest.mark.parametrize("asked, type_", [("/usr", "d"), ("/usr/bin/a", "f"), ("/usr/bin/b", "l")])
def test_a_path_has_its_line(asked: str, type_: str) -> None:
    line = path_in_contents(CONTENTS, asked, "x.contents").line
    assert line is not None
    assert (line.path, line.type) == (asked, type_)


def test_a_path_with_odd_bytes_is_found() -> None:
    line = path_in_contents(CONTENTS, "/usr/bin/odd\t\udcff\\", "x.contents").line
    assert line is not None
    assert line.path == "/usr/bin/odd\t\udcff\\"


@pytest.mark.parametrize("asked", ["/usr/bin", "/bin/a", "/usr/bin/a ", "usr/bin/a"])
def test_a_path_that_is_not_there_has_none(asked: str) -> None:
    found = path_in_contents(CONTENTS, asked, "x.contents")
    assert (found.line, found.hidden) == (None, False)


@pytest.mark.parametrize(
    "asked, hidden",
    [
        ("/usr/lib/gone", True), ("/usr/lib/gone/below/it", True), ("/usr/lib/gone-not", False),
        ("/usr/lib", False),
    ],
)  # fmt: skip
def test_a_whiteout_hides_a_path_and_all_below_it(asked: str, hidden: bool) -> None:
    found = path_in_contents(CONTENTS, asked, "x.contents")
    assert (found.line, found.hidden) == (None, hidden)


def test_whiteouts_are_listed() -> None:
    assert whiteouts(CONTENTS) == {"/usr/lib/gone"}
    assert whiteouts(b"") == frozenset()


@pytest.mark.parametrize(
    "pattern, names",
    [
        ("munge", ["munge"]), ("lib*", ["lib-a", "libb"]), ("lib?", ["libb"]), ("un", []),
        ("*", ["lib-a", "libb", "munge"]), ("", []),
    ],
)  # fmt: skip
def test_packages_are_found_by_name_and_by_pattern(pattern: str, names: list[str]) -> None:
    found = packages_in_list(PACKAGES, pattern, "x.packages")
    assert [line.package for line in found] == names


def test_a_line_that_is_none_is_an_error_that_names_the_file() -> None:
    with pytest.raises(QlumodError) as raised:
        packages_in_list(b"munge\t1\n", "munge", "x.packages")
    assert str(raised.value) == ("x.packages:1: the line has 2 fields separated by tabs, not 6")


@pytest.mark.parametrize(
    "typed, path",
    [("/bin/sh", "/usr/bin/sh"), ("/usr/bin/sh", "/usr/bin/sh"), ("//etc/./x/", "/etc/x"),
     ("/", "/"), ("/lib", "/usr/lib")],
)  # fmt: skip
def test_a_path_is_spelled_as_in_contents(typed: str, path: str) -> None:
    assert merged_path(typed) == path
