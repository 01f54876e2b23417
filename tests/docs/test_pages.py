"""Each page of the documentation, typed from its first block of commands to its last.

A page is one shell session in a copy of this machine, of which nothing stays: `apt install` and
/srv are as they are for a person. Each block begins in one directory.
"""

import os
from pathlib import Path

import pytest

from tests.docs.blocks import is_as_shown
from tests.docs.sessions import PROJECTS, end_of, errors_of, marks, type_pages
from tests.support.transcript import Transcript

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="a copy of this machine needs root"),
]
README, *OTHERS = PROJECTS


def require_right(page: str, told: Transcript, errors: Path) -> None:
    """Each command of the page ended as the page says, and printed what it shows."""
    assert told.status == 0, told.text
    assert told.after(end_of(page)) == ["0"], f"{told.text}\n{errors.read_text()}"
    for place, typed in marks(page):
        printed = told.after(place)
        assert is_as_shown(typed.shown, printed), "\n".join([place, *printed])


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory in which the pages with small packages are typed."""
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="session")
def told(pages: Path, own_packages: Path, shared_cache: Path) -> Transcript:
    """What the pages with small packages came to."""
    return type_pages(OTHERS, pages, own_packages, shared_cache)


@pytest.mark.parametrize("page", OTHERS)
def test_a_page_is_right(page: str, told: Transcript, pages: Path) -> None:
    require_right(page, told, errors_of(page, pages))


def test_the_readme_is_right(own_packages: Path, shared_cache: Path, tmp_path: Path) -> None:
    """With real packages: the worked example, from a spec to a source package."""
    told = type_pages([README], tmp_path, own_packages, shared_cache)
    require_right(README, told, errors_of(README, tmp_path))
