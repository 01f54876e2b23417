"""What the papers of the project name is there."""

import re
import tomllib

import pytest

from tests.conftest import ROOT

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()


def test_each_path_that_contributing_names_is_there() -> None:
    named = re.findall(r"`((?:qlumod|tests|docs|upkeep)/[^` ]*)[` ]", CONTRIBUTING)
    assert len(named) > 20
    known = [path for path in named if not re.search(r"(VERB|NAME)\.py", path)]
    assert [path for path in known if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("paper", ["README.md", "CONTRIBUTING.md"])
def test_each_target_of_make_that_a_paper_names_is_there(paper: str) -> None:
    named = set(re.findall(r"`make ([a-z-]+)", (ROOT / paper).read_text()))
    assert sorted(name for name in named if f"\n.PHONY: {name}\n" not in MAKEFILE) == []


def test_the_changelog_has_each_version_of_debian_s() -> None:
    debian = re.findall(r"^qlumod \((\S+)\)", (ROOT / "debian/changelog").read_text(), re.MULTILINE)
    ours = re.findall(r"^## (\d\S*)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert ours == debian


def test_licences_are_the_same_in_all_papers() -> None:
    spdx = {"GPL-3+": "GPL-3.0-or-later", "Expat": "MIT"}
    debian = (ROOT / "debian/copyright").read_text()
    theirs = re.findall(r"^Files: (.*)\nCopyright: (.*)\nLicense: (.*)$", debian, re.MULTILINE)
    notices = tomllib.loads((ROOT / "REUSE.toml").read_text())["annotations"]
    ours = [
        (path, each["SPDX-FileCopyrightText"], each["SPDX-License-Identifier"])
        for each in notices
        for path in each["path"]
    ]
    assert {
        ("**" if path == "*" else path, whose, spdx[licence])
        for files, whose, licence in theirs
        for path in files.split()
    } == set(ours)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"]["text"] == "GPL-3.0-or-later"
    assert {path.name for path in (ROOT / "LICENSES").iterdir()} == {
        f"{licence}.txt" for _, _, licence in ours
    }
