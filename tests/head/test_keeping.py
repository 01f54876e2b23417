"""apt is told which packages of modules stay: those of images that are fixed at a version."""

from pathlib import Path

import pytest

from qlumod.events import Caution, ignore
from qlumod.head.verbs.define_images import NewImage, create_image, remove_image
from qlumod.model.image import ImageName
from qlumod.model.names import ModuleName
from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture
from tests.head.head_node import HeadNode

FIXED, FOLLOWING = ImageName("fixed"), ImageName("following")
HEAD = """\
// Written by qlumod, and again whenever images or modules change: the packages of the modules of
// images that are fixed at a version. `apt autoremove` leaves them.
APT::NeverAutoRemove
{
"""


@pytest.fixture
def stocked(head: HeadNode) -> HeadNode:
    head.places.kept.parent.mkdir(parents=True)
    for module in ("core", "slurm"):
        head.add(module)
    head.look()
    return head


def kept(head: HeadNode) -> str | None:
    path = head.places.kept
    return path.read_text() if path.exists() else None


def create(head: HeadNode, name: ImageName, version: str) -> None:
    create_image(
        head.places,
        NewImage(name=name, modules=[ModuleName("slurm")], version=version),
        listen=head.heard.append,
    )


def test_only_a_fixed_image_keeps_packages_and_only_while_it_is_there(stocked: HeadNode) -> None:
    create(stocked, FOLLOWING, "14.0")
    assert kept(stocked) is None
    create(stocked, FIXED, "14.0.0")
    assert kept(stocked) == (
        HEAD + '  "-module-core-bookworm-amd64-14\\.0\\.0$";\n'
        '  "-module-slurm-bookworm-amd64-14\\.0\\.0$";\n};\n'
    )
    remove_image(stocked.places, FIXED, listen=ignore)
    assert kept(stocked) is None


def test_apt_reads_what_is_written(stocked: HeadNode, tmp_path: Path) -> None:
    create(stocked, FIXED, "14.0.0")
    config = capture(
        command("apt-config", "dump", "--format", "%v%n", "APT::NeverAutoRemove",
                environment={"APT_CONFIG": str(stocked.places.kept)})
    ).decode()  # fmt: skip
    assert "-module-slurm-bookworm-amd64-14\\.0\\.0$" in config.splitlines()


def test_a_definition_edited_by_hand_counts_from_the_next_look(stocked: HeadNode) -> None:
    create(stocked, FOLLOWING, "14.0")
    path = stocked.places.images / "following.image"
    path.write_text(path.read_text().replace("14.0", "14.0.0"))
    stocked.look()
    assert "slurm" in (kept(stocked) or "")


def test_nothing_is_let_go_for_a_definition_that_cannot_be_read(stocked: HeadNode) -> None:
    create(stocked, FIXED, "14.0.0")
    before = kept(stocked)
    (stocked.places.images / "fixed.image").write_text("Format: 1\n")
    stocked.look()
    assert kept(stocked) == before
    assert any(
        isinstance(event, Caution) and event.text.startswith("what apt's autoremove takes is left")
        for event in stocked.heard
    )


def test_where_there_is_no_apt_nobody_is_told(head: HeadNode) -> None:
    for module in ("core", "slurm"):
        head.add(module)
    head.look()
    create(head, FIXED, "14.0.0")
    assert kept(head) is None
