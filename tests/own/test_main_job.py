"""The main job with installed packages: on a fresh build host, on head nodes of either suite."""

from collections.abc import Mapping

import pytest

from tests.own.conftest import Story
from tests.own.test_clean_build import PACKAGES
from tests.support.transcript import Transcript

pytestmark = pytest.mark.slow


@pytest.fixture
def builder(stories: Mapping[str, Story]) -> Transcript:
    return stories["bookworm"].told("main_job").require()


def test_qlumod_brings_all_that_the_main_job_needs(builder: Transcript) -> None:
    assert builder.after("install") == ["/usr/lib/python3/dist-packages/qlumod/__init__.py"]
    proof = [line for line in builder.lines if line.startswith("the stack equals")]
    assert len(proof) == 1
    assert "== done" in builder.lines


def test_purging_all_packages_leaves_nothing_of_theirs(builder: Transcript) -> None:
    assert builder.after("left") == []


def test_piuparts_finds_nothing_at_install_upgrade_and_purge(builder: Transcript) -> None:
    said = builder.after("piuparts")
    upgraded = {line.split()[1] for line in said if line.startswith("Unpacking ")}
    assert upgraded == set(PACKAGES)
    assert [line for line in said if not line.startswith("Unpacking ")] == [
        "Installation and purging test.",
        "Installation, upgrade and purging tests.",
        "All tests.",
    ]


def test_a_head_node_has_an_image_of_what_was_published(story: Story) -> None:
    told = story.told("head_node").require()
    assert "== done" in told.lines
    packages = {line.split()[1] for line in told.after("packages")}
    assert {
        "qlumod-head",
        "small-module-core-bookworm-amd64-1.0.0",
        "small-module-munge",
    } <= packages
    assert packages.isdisjoint({"python3-apt", "debhelper", "gpg", "mmdebstrap", "zstd"})


def test_a_head_node_keeps_what_people_wrote_and_nothing_else(story: Story) -> None:
    assert sorted(story.told("head_node").require().after("files")) == [
        "/etc/qlumod",
        "/etc/qlumod/images",
        "/etc/qlumod/images/compute",
        "/etc/qlumod/images/compute.image",
        "/etc/qlumod/images/compute/copy",
        "/etc/qlumod/images/compute/secrets",
    ]


def test_the_tests_of_the_source_package_pass(stories: Mapping[str, Story]) -> None:
    assert stories["trixie"].told("autopkgtest").require().after("summary") == [
        "starts               PASS (superficial)",
        "sequence             PASS (superficial)",
        "main-job             PASS",
    ]
