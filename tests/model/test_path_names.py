"""Absolute paths taken apart."""

import pytest

from qlumod.errors import QlumodError
from qlumod.model.path_names import directory_of, fitting, name_in

TREE = {"/": ["etc", "usr"], "/etc": ["apt", "ld.so.conf"], "/etc/apt": ["a.list", "b.list", "c"]}


def test_a_path_has_a_directory_and_a_name() -> None:
    assert directory_of("/etc/passwd") == "/etc"
    assert directory_of("/etc") == "/"
    assert directory_of("/etc/./apt//") == "/etc"
    assert name_in("/etc/apt/") == "apt"
    assert name_in("/etc/passwd") == "passwd"


@pytest.mark.parametrize("path", ["/", "/etc/..", ""])
def test_what_is_made_or_removed_has_a_name_of_its_own(path: str) -> None:
    with pytest.raises(QlumodError, match="is no path of a file"):
        name_in(path)


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        ("/etc/apt/*.list", ["/etc/apt/a.list", "/etc/apt/b.list"]),
        ("/etc/*/c", ["/etc/apt/c", "/etc/ld.so.conf/c"]),
        ("/var/none", ["/var/none"]),
        ("/var/*", []),
    ],
)
def test_a_star_stands_within_one_name(pattern: str, paths: list[str]) -> None:
    assert fitting(pattern, lambda directory: TREE.get(directory, [])) == paths
