"""Which paths are left out: those of packages, and those that no package lists."""

import pytest

from qlumod.packaging.path_filters import PathFilters

FILTERS = PathFilters(
    excludes=("/usr/share/doc/*/*", "/usr/share/info/*", "/lib/x/*"),
    includes=("/usr/share/doc/*/copyright", "/usr/lib/x/kept"),
)


@pytest.mark.parametrize(
    ("path", "directory", "out"),
    [
        ("/usr/share/info/dir", False, True),
        ("/usr/share/info/deep", True, True),
        ("/usr/share/info", True, False),
        ("/usr/share/doc/x/made", False, True),
        ("/usr/share/doc/x/copyright", False, False),
        # It may hold a copyright file.
        ("/usr/share/doc/x/made", True, False),
        # Patterns may have either spelling, for files of either.
        ("/usr/lib/x/made", False, True),
        ("/usr/lib/x/kept", False, False),
        ("/usr/lib/y", False, False),
    ],
)
def test_what_no_package_lists_is_left_out_by_its_canonical_path(
    path: str, *, directory: bool, out: bool
) -> None:
    assert FILTERS.leave_out_made(path, directory=directory) is out
