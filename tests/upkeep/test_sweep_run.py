"""A sweep of two packages, as `make sweep` does it: with core's layer of the tests' cache."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from qlumod.model.profile import RELEASED
from tests.support.documents import copy_specs
from upkeep.sweep.__main__ import main
from upkeep.sweep.outcomes import Kind, Outcome, kept_outcomes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="building roots needs root"),
]

LIST = """\
# One that is equal, and one that apt does not install beside core's own.
hello
busybox-static
"""


@pytest.fixture(scope="module")
def swept(
    tmp_path_factory: pytest.TempPathFactory, shared_cache: Path, own_packages: Path
) -> tuple[int, Path, Path]:
    """The exit status, the directory of the sweep, and its page."""
    place = tmp_path_factory.mktemp("sweep")
    copy_specs(place, "core")
    (place / "list").write_text(LIST)
    (place / "page.md").write_text("# Page\n")
    options: Mapping[str, object] = {
        "packages": place / "list",
        "flavor": "bookworm",
        "directory": place / "sweep",
        "cache": shared_cache,
        "specs": place / "module-specs",
        "own-packages": own_packages,
        "profile": RELEASED,
        "page": place / "page.md",
    }
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    status = main(words)
    # What has an outcome is not tried again.
    assert main(words) == status
    return status, place / "sweep" / "bookworm", place / "page.md"


def test_a_sweep_keeps_the_outcome_of_each_package(swept: tuple[int, Path, Path]) -> None:
    status, place, _ = swept
    found: dict[str, Outcome] = {one.package: one for one in kept_outcomes(place / "outcomes")}
    assert {name: one.kind for name, one in found.items()} == {
        "hello": Kind.EQUAL,
        "busybox-static": Kind.REFUSED,
    }
    assert status == 0
    assert not (place / "built").exists()


def test_the_page_of_a_sweep_has_the_reason(swept: tuple[int, Path, Path]) -> None:
    text = swept[2].read_text()
    assert "Drawn: the list list. Tried: 2 of 2." in text
    assert "busybox-static" in text
