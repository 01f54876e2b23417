"""Licence texts are known by their names, and the release of this project keeps them."""

import pytest

from qlumod.model.licences import is_licence, licences_among
from qlumod.model.release import parse_release
from qlumod.packaging.path_filters import PathFilters
from tests.conftest import ROOT

LICENCES = (
    "/usr/share/doc/a/COPYING.LIB.gz",
    "/usr/share/doc/a/COPYRIGHT",
    "/usr/share/doc/a/EULA.txt",
    "/usr/share/doc/a/GPL-2.0",
    "/usr/share/doc/a/LGPL.txt",
    "/usr/share/doc/a/LICENCE",
    "/usr/share/doc/a/LICENSE-MIT.md",
    "/usr/share/doc/a/LICENSE.gz",
    "/usr/share/doc/a/MIT-LICENSE",
    "/usr/share/doc/a/NOTICE",
    "/usr/share/doc/a/copyright.rst",
    "/usr/share/doc/a/html/license.html",
    "/usr/share/doc/a/licenses/Apache-2.0.txt",
    "/usr/share/doc/a/third_party_licenses.txt",
    "/usr/share/doc/a/x/y/notice.txt",
)
OTHERS = (
    "/usr/share/doc/a/README",
    "/usr/share/doc/a/changelog.gz",
    "/usr/share/doc/licensecheck/README",
    "/usr/share/doc/a/copyright-tool.py",
    "/usr/share/locale/de/LC_MESSAGES/license.mo",
    "/usr/share/man/man1/license.1.gz",
)


@pytest.mark.parametrize("path", LICENCES)
def test_a_licence_text_is_known_and_kept(path: str) -> None:
    assert is_licence(path)
    assert not left_out(path)


@pytest.mark.parametrize("path", OTHERS)
def test_all_others_are_left_out_as_before(path: str) -> None:
    assert not is_licence(path)
    assert left_out(path)


def test_texts_elsewhere_are_known_too() -> None:
    texts = ("/opt/a/LICENSE.1.0", "/opt/a/THIRDPARTYNOTICES.txt")
    others = ("/opt/a/class_license.html", "/opt/a/noticeable", "/usr/lib/libnotice.so.1.0")
    assert licences_among((*others, *reversed(texts))) == texts


def left_out(path: str) -> bool:
    release = parse_release((ROOT / "module-specs/release").read_text(), "release")
    return PathFilters(release.excludes, release.includes).leave_out(path)
