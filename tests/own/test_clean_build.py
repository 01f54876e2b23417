"""Our packages build in a clean root of either suite, with what debian/control names."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from tests.own.conftest import Story
from tests.own.test_same_bytes import digests
from tests.support.roots import HOST

pytestmark = pytest.mark.slow

PACKAGES = [
    "dh-qlumod",
    "python3-qlumod",
    "qlumod",
    "qlumod-doc",
    "qlumod-head",
    "qlumod-node",
]
KNOWN = {
    "bookworm": (),
    # Bookworm's lintian knows no newer Policy, and it is one source for both.
    "trixie": (
        "I: qlumod source: out-of-date-standards-version 4.6.2 (released 2022-12-17)"
        " (current is 4.7.2)",
    ),
}


def test_a_clean_root_builds_all_packages_and_its_lintian_has_nothing_to_say(story: Story) -> None:
    told = story.told("build").require()
    built = sorted(path.name.split("_")[0] for path in story.packages.glob("*.deb"))
    assert built == PACKAGES
    assert told.lines == KNOWN[story.suite]


def test_a_clean_root_of_this_machines_suite_gives_the_bytes_of_make_deb(
    stories: Mapping[str, Story], own_packages: Path
) -> None:
    story = stories[HOST]
    story.told("build").require()
    assert digests(story.packages) == digests(own_packages)


@pytest.mark.parametrize("package", ["qlumod-node", "qlumod-head"])
def test_what_images_and_head_nodes_get_has_the_same_bytes_from_either_suite(
    stories: Mapping[str, Story], package: str
) -> None:
    made = {}
    for suite, story in stories.items():
        story.told("build").require()
        (deb,) = story.packages.glob(f"{package}_*.deb")
        made[suite] = sha256(deb.read_bytes()).hexdigest()
    assert len(set(made.values())) == 1, made
