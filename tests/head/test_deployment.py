"""Building is not deploying: nodes get a generation when it is deployed, by one rename."""

import json
import os
import re
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.head.generations import read_deployed
from qlumod.head.image_history import event, record
from qlumod.head.verbs.deploy_images import (
    collect_generations,
    deploy_image,
    image_history,
    pin_image,
    roll_back_image,
)
from qlumod.model.history import Done
from qlumod.model.image import ImageName
from tests.conftest import CommandLine
from tests.head.head_node import HeadNode
from tests.head.small_payloads import add_core, add_slurm

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="images are built by root")

COMPUTE = ImageName("compute")


@pytest.fixture
def ready(head: HeadNode, tmp_path: Path) -> HeadNode:
    """A head node with an image of core and slurm that was built once."""
    add_core(head, tmp_path)
    add_slurm(head, tmp_path)
    head.look()
    head.create()
    head.build("compute")
    return head


def deployed(head: HeadNode) -> str | None:
    return read_deployed(head.places, COMPUTE)


def again(head: HeadNode, times: int = 1) -> None:
    for _ in range(times):
        head.build("compute", force=True)


def roll_back(head: HeadNode) -> str:
    return roll_back_image(
        head.places, COMPUTE, reason="", dry_run=False, listen=head.heard.append
    ).generation


def pin(head: HeadNode, generation: str, *, release: bool = False) -> None:
    pin_image(
        head.places, COMPUTE, generation, release=release, reason="", listen=head.heard.append
    )


def there(head: HeadNode) -> list[str]:
    return [path.name for path in sorted((head.places.built / "compute").glob("[0-9]*"))]


def test_a_build_does_not_change_what_nodes_get(ready: HeadNode, tmp_path: Path) -> None:
    assert deployed(ready) is None
    ready.deploy()
    before = (ready.places.built / "compute/deployed/stack").read_bytes()
    add_core(ready, tmp_path, "14.0.1")
    add_slurm(ready, tmp_path, "14.0.1")
    ready.build("compute")
    assert (ready.places.built / "compute/deployed/stack").read_bytes() == before
    ready.deploy()
    assert b"\nVersion: 14.0.1\n" in (ready.places.built / "compute/deployed/stack").read_bytes()


def test_an_image_that_says_so_is_deployed_by_each_build(
    ready: HeadNode,
) -> None:
    path = ready.places.images / "compute.image"
    path.write_text(path.read_text() + "Deploy: automatic\n")
    again(ready)
    assert deployed(ready) == "2"
    # Who has gone back stays there until the next build.
    assert roll_back(ready) == "1"
    ready.build("compute")
    assert deployed(ready) == "1"


def test_the_history_says_what_when_by_whom_and_why(ready: HeadNode) -> None:
    deploy_image(
        ready.places, COMPUTE, None, reason="first", dry_run=False, listen=ready.heard.append
    )
    again(ready)
    ready.deploy()
    assert roll_back(ready) == "1"
    events = image_history(ready.places, COMPUTE).events
    assert [(one.done, one.generation, one.reason) for one in events] == [
        (Done.BUILT, "1", ""),
        (Done.DEPLOYED, "1", "first"),
        (Done.BUILT, "2", ""),
        (Done.DEPLOYED, "2", ""),
        (Done.DEPLOYED, "1", ""),
    ]
    assert {one.by.partition(" ")[0] for one in events} == {os.environ.get("SUDO_USER", "root")}
    assert all(re.fullmatch("[0-9a-f]{64}", e.inputs) for e in events if e.done is Done.BUILT)


def test_what_was_built_before_there_was_a_deployment_counts_as_deployed(ready: HeadNode) -> None:
    home = ready.places.built / "compute"
    (home / "history").unlink()
    (home / "current").symlink_to("1")
    assert deployed(ready) == "1"
    again(ready)
    assert deployed(ready) == "1"
    ready.deploy()
    assert (home / "deployed").readlink() == Path("2")
    # Boot configurations of that time go on.
    assert (home / "current/stack").samefile(home / "2/stack")
    assert roll_back(ready) == "1"
    assert (home / "current/stack").samefile(home / "1/stack")


def test_generations_stay_that_are_deployed_pinned_or_in_use(ready: HeadNode) -> None:
    ready.deploy()
    again(ready, 2)
    pin(ready, "2")
    ready.places.in_use.mkdir()
    (ready.places.in_use / "boot").write_text("# of the boot server\ncompute 3\nlogin 1\n")
    again(ready, 4)
    assert there(ready) == ["1", "2", "3", "5", "6", "7"]
    pin(ready, "2", release=True)
    (ready.places.in_use / "boot").unlink()
    removed = collect_generations(
        ready.places, [COMPUTE], keep=1, dry_run=False, listen=ready.heard.append
    )
    assert removed == {"compute": ("2", "3", "5", "6")}
    assert there(ready) == ["1", "7"]


def test_nothing_goes_if_it_is_unknown_what_is_in_use(ready: HeadNode) -> None:
    ready.places.in_use.mkdir()
    (ready.places.in_use / "boot").write_text("compute\n")
    again(ready, 4)
    assert there(ready) == ["1", "2", "3", "4", "5"]
    where = ready.places.in_use / "boot"
    assert any(
        getattr(event, "text", "") == f"image compute: all generations are kept: {where}:1: "
        "'compute' has not the form 'IMAGE GENERATION'"
        for event in ready.heard
    )


REFUSED = {
    ("deploy", "compute", "7"): (
        "image compute has no generation 7: there is 1\n"
        "To mend it: choose one of them, or build a new one: qlumod image build compute"
    ),
    ("rollback", "compute"): (
        "image compute: no generation is deployed, so there is none to go back to\n"
        "To mend it: deploy one: qlumod image deploy compute"
    ),
    ("deploy", "login"): (
        "image login was never built\nTo mend it: build it: qlumod image build login"
    ),
    ("pin", "compute", "3"): (
        "image compute has no generation 3: there is 1\n"
        "To mend it: choose one of them, or build a new one: qlumod image build compute"
    ),
    ("gc", "--all"): (
        "2 images: compute, login. Go on?\nTo mend it: say --yes, since nobody can be asked here"
    ),
}


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
def test_what_cannot_be_done_says_why_and_how_to_mend_it(
    qlumod: CommandLine, ready: HeadNode, words: tuple[str, ...]
) -> None:
    ready.create("login")
    answer = qlumod("image", *words, "--root", ready.root)
    assert (answer.status, answer.err) == (1, f"qlumod: error: {REFUSED[words]}\n")


def test_a_generation_that_lost_a_file_is_not_deployed(ready: HeadNode) -> None:
    (ready.newest() / "initrd.img").unlink()
    layer = next(path for path in ready.places.layers.iterdir())
    layer.unlink()
    with pytest.raises(QlumodError) as caught:
        ready.deploy()
    assert str(caught.value) == (
        "image compute: generation 1 is damaged, and no node could boot it\n"
        f"  {ready.newest().resolve()}/initrd.img is missing\n"
        f"  {layer.resolve()} is missing\n"
        "To mend it: build it anew: qlumod image build compute --force"
    )
    assert deployed(ready) is None


def test_a_killed_deployment_is_not_told(ready: HeadNode) -> None:
    ready.deploy()
    again(ready)
    # The run was killed between this and the rename.
    killed = event(Done.DEPLOYED, "2", "")
    record(ready.places, COMPUTE, killed, listen=ready.heard.append)
    assert deployed(ready) == "1"
    assert image_history(ready.places, COMPUTE).events[-1].done is Done.BUILT
    ready.deploy()
    assert deployed(ready) == "2"
    done = [one.done for one in image_history(ready.places, COMPUTE).events]
    assert done == [Done.BUILT, Done.DEPLOYED, Done.BUILT, Done.DEPLOYED]


def test_a_history_that_cannot_be_read_keeps_no_node_from_a_generation(ready: HeadNode) -> None:
    path = ready.places.built / "compute/history"
    path.write_text("Format: 1\n\nDone: sold\n")
    ready.deploy()
    assert deployed(ready) == "1"
    assert path.with_name("history.unreadable").read_text().endswith("Done: sold\n")


def test_the_command_line_tells_what_nodes_get(qlumod: CommandLine, ready: HeadNode) -> None:
    root = ("--root", ready.root)
    assert qlumod.must("image", "deploy", "compute", "--dry-run", *root).out == (
        "image compute: generation 1 would be deployed\n"
    )
    assert qlumod.must("image", "deploy", "compute", "--reason", "go", *root).out == (
        "image compute: generation 1 is deployed\n"
    )
    assert qlumod.must("image", "deploy", "compute", *root).out == (
        "image compute: generation 1 is deployed already\n"
    )
    assert qlumod.must("image", "build", "compute", "--force", *root).out.splitlines()[1] == (
        "  nodes still get generation 1; to deploy this one: qlumod image deploy compute"
    )
    listed = qlumod.must("image", "history", "compute", *root).out.splitlines()
    assert re.fullmatch(r"20\d\d-.{14}  1           deployed\s+\S+.*  go", listed[2]), listed
    told = json.loads(qlumod.must("image", "history", "compute", "--json", *root).out)
    assert (told["format"], told["deployed"], len(told["events"])) == (1, "1", 3)
    shown = json.loads(qlumod.must("image", "show", "compute", "--json", *root).out)
    assert (shown["generation"], shown["deployed"]) == ("2", "1")


def test_one_bad_image_does_not_hide_the_others(qlumod: CommandLine, ready: HeadNode) -> None:
    ready.create("login")
    path = ready.places.images / "login.image"
    path.write_text(path.read_text().replace("Version: 14.0", "Version: 15"))
    answer = qlumod("image", "build", "--outdated", "--json", "--root", ready.root)
    assert answer.status == 1
    assert [image["image"] for image in answer.document["images"]] == ["compute"]
    (error,) = answer.document["errors"]
    assert error["brief"] == "image login: no version 15 (bookworm, amd64) has all its modules"


def test_what_is_told_of_a_build_names_the_image(qlumod: CommandLine, ready: HeadNode) -> None:
    answer = qlumod.must(
        "image", "build", "compute", "--force", "--progress", "json", "--root", ready.root
    )
    lines = [json.loads(line) for line in answer.out.splitlines()]
    steps = {line["step"]: line["image"] for line in lines if line["event"] == "started"}
    assert steps == {
        "building-an-image": "compute", "merging-state": "compute",
        "compressing-the-image-s-layer": "compute",
    }  # fmt: skip
    assert lines[-1]["document"]["images"][0]["generation"] == "2"


def test_deploying_what_was_built_before_there_was_a_deployment_makes_the_link(
    ready: HeadNode,
) -> None:
    home = ready.places.built / "compute"
    (home / "current").symlink_to("1")
    ready.deploy()
    assert ((home / "deployed").readlink(), (home / "current").readlink()) == (
        Path("1"), Path("deployed")
    )  # fmt: skip


def test_a_rollback_is_not_undone_by_another_one(ready: HeadNode) -> None:
    ready.deploy()
    for _ in range(2):
        again(ready)
        ready.deploy()
    assert [roll_back(ready), roll_back(ready)] == ["2", "1"]
    with pytest.raises(QlumodError) as caught:
        roll_back(ready)
    assert str(caught.value) == (
        "image compute: there is no generation to go back to from generation 1\n"
        "  the generations are 1, 2, 3\n"
        "To mend it: choose one: qlumod image deploy compute GENERATION"
    )


def test_pins_hold_while_it_is_unknown_what_is_pinned(ready: HeadNode) -> None:
    pin(ready, "1")
    (ready.places.built / "compute/history").write_text("Format: 1\n\nDone: sold\n")
    again(ready, 4)
    assert there(ready) == ["1", "2", "3", "4", "5"]
    aside = ready.places.built / "compute/history.unreadable"
    assert any(
        getattr(event, "text", "") == "image compute: all generations are kept: what was pinned is "
        f"unknown, look at {aside} and remove it"
        for event in ready.heard
    )
    aside.unlink()
    again(ready)
    assert there(ready) == ["4", "5", "6"]


def test_a_deployment_that_a_killed_build_left_out_is_made_by_the_next_one(
    ready: HeadNode,
) -> None:
    path = ready.places.images / "compute.image"
    path.write_text(path.read_text() + "Deploy: automatic\n")
    # Nothing is built: the definition's policy is no input of the image.
    ready.build("compute")
    assert (deployed(ready), there(ready)) == ("1", ["1"])


def test_a_damaged_stack_keeps_layers_and_hinders_no_other_image(ready: HeadNode) -> None:
    ready.create("login")
    ready.build("login")
    (ready.newest("login") / "stack").write_text("Format: 1\n")
    before = sorted(ready.places.layers.iterdir())
    again(ready)
    assert sorted(ready.places.layers.iterdir()) == before
    assert any(
        getattr(event, "text", "").startswith("layers that no image uses are kept: ")
        for event in ready.heard
    )


def test_a_reason_is_one_line(qlumod: CommandLine, ready: HeadNode) -> None:
    at = ("--root", ready.root)
    qlumod.must("image", "deploy", "compute", "--reason", "two\n\tlines ", *at)
    assert image_history(ready.places, COMPUTE).events[-1].reason == "two lines"
    answer = qlumod("image", "deploy", "compute", "--reason", "\x1b[1m", *at)
    assert (answer.status, answer.err.splitlines()[-1]) == (
        2,
        "Error: Invalid value for '--reason': the reason has characters that nobody sees",
    )
