"""A plan says what a build would do and all that speaks against it; it writes and locks nothing."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from qlumod.head.verbs.plan_images import ImageWish, overview, plan_image
from qlumod.model.image import ImageName
from qlumod.model.secret import Secret, SecretKind
from qlumod.system.disk.locking import locked
from tests.conftest import CommandLine
from tests.head.head_node import HeadNode
from tests.head.small_payloads import add_core, add_slurm
from tests.support.ordinary import ordinary_user

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="images are built by root")

KEY = Secret(path="/etc/munge/munge.key", kind=SecretKind.SITE)


@pytest.fixture
def ready(head: HeadNode, tmp_path: Path) -> HeadNode:
    """A head node with core and slurm, and an image that is defined and not built."""
    add_core(head, tmp_path)
    add_slurm(head, tmp_path, secrets=(KEY,))
    head.look()
    head.create()
    return head


def plan(qlumod: CommandLine, head: HeadNode, *words: str) -> dict[str, Any]:
    answer = qlumod("image", "plan", *words, "--json", "--root", head.root)
    assert answer.status in (0, 3), answer.err
    return json.loads(answer.out)


def test_a_plan_says_what_would_be_built_of_what(qlumod: CommandLine, ready: HeadNode) -> None:
    found = plan(qlumod, ready, "compute")
    assert [module["module"] for module in found["modules"]] == ["core", "slurm"]
    assert (found["version"], found["kernel_release"]) == ("14.0.0", "6.1.0-1-amd64")
    assert found["layers_size"] == sum(module["layer_size"] for module in found["modules"])
    assert (found["outdated"], found["changes"]) == (True, ["it was never built"])
    assert (found["problems"], found["missing_secrets"]) == ([], ["/etc/munge/munge.key"])
    assert not ready.places.built.exists()


def test_after_the_build_the_plan_says_what_has_changed_since(
    qlumod: CommandLine, ready: HeadNode, tmp_path: Path
) -> None:
    ready.build("compute")
    assert plan(qlumod, ready, "compute")["changes"] == []
    key = ready.places.images / "compute/secrets/etc/munge/munge.key"
    key.parent.mkdir(parents=True)
    key.write_text("key")
    assert plan(qlumod, ready, "compute")["changes"] == ["the site's secrets have changed"]
    file = ready.places.images / "compute/copy/etc/motd"
    file.parent.mkdir(parents=True)
    file.write_text("welcome\n")
    assert plan(qlumod, ready, "compute")["changes"] == [
        "the definition, the site's files or qlumod have changed"
    ]
    add_core(ready, tmp_path, "14.0.1")
    add_slurm(ready, tmp_path, "14.0.1")
    ready.look()
    assert plan(qlumod, ready, "compute")["changes"] == [
        "module core: 14.0.0 → 14.0.1",
        "module slurm: 14.0.0 → 14.0.1",
    ]
    assert plan(qlumod, ready, "compute", "--modules", "core")["changes"] == [
        "module core: 14.0.0 → 14.0.1",
        "module slurm is removed",
    ]


def test_a_build_refuses_what_is_not_what_was_shown(qlumod: CommandLine, ready: HeadNode) -> None:
    inputs = plan(qlumod, ready, "compute")["inputs"]
    at = ("--root", ready.root)
    qlumod.must("image", "build", "compute", "--if-inputs", inputs, *at)
    file = ready.places.images / "compute/copy/etc/motd"
    file.parent.mkdir(parents=True)
    file.write_text("welcome\n")
    now = plan(qlumod, ready, "compute")["inputs"]
    answer = qlumod("image", "build", "compute", "--if-inputs", inputs, "--quiet", *at)
    assert (answer.status, answer.err) == (
        1,
        "qlumod: error: image compute: what it would be built from has changed since it was shown: "
        f"the inputs are now {now}\nTo mend it: look again (qlumod image plan compute), and give "
        "these inputs\n",
    )
    told = qlumod("image", "build", "compute", "--if-inputs", inputs, "--json", *at).document
    assert [error["code"] for error in told["errors"]] == ["inputs-changed"]
    assert ready.newest().name == "1"


def test_all_problems_are_told_at_once_each_with_its_mend(
    qlumod: CommandLine, head: HeadNode
) -> None:
    head.add("core", kernel="6.1.0-1-amd64")
    head.add("ofed", requires=("core", "rdma"), kernel="6.1.0-2-amd64")
    head.add("lustre", requires=("core",), conflicts=("ofed",))
    head.look()
    answer = qlumod("image", "plan", "--modules", "ofed,lustre,slurm", "--root", head.root)
    assert answer.status == 3
    assert answer.out.splitlines()[5:] == [
        "problem: module slurm 14.0.0 is not there",
        "  to mend it: install its package, or take slurm out of the image's modules",
        "problem: module ofed requires module rdma, which is not chosen",
        "  to mend it: qlumod image edit IMAGE --add rdma, or --with-required in its place, "
        "which adds all that is missing",
        "problem: modules lustre and ofed exclude each other",
        "  to mend it: take one of them out of the image's modules",
        "problem: module ofed is made for kernel 6.1.0-2-amd64, core brings 6.1.0-1-amd64",
        "  to mend it: install a ofed that was built over this core",
    ]
    found = plan(qlumod, head, "--modules", "ofed,lustre,slurm")
    fields = ("kind", "module", "other", "mend")
    assert [tuple(one[name] for name in fields) for one in found["problems"]] == [
        ("not-there", "slurm", None,
         {"add": [], "remove": ["slurm"], "install": ["slurm"], "version": None}),
        ("missing-requirement", "ofed", "rdma",
         {"add": ["rdma"], "remove": ["ofed"], "install": [], "version": None}),
        ("conflict", "lustre", "ofed",
         {"add": [], "remove": ["lustre", "ofed"], "install": [], "version": None}),
        ("kernel", "ofed", None,
         {"add": [], "remove": [], "install": ["ofed"], "version": None}),
    ]  # fmt: skip
    assert found["inputs"] is None


def test_a_module_of_another_version_is_offered_by_that_version(
    ready: HeadNode, tmp_path: Path
) -> None:
    ready.add("ofed", "15.0.0", kernel="6.1.0-1-amd64")
    ready.look()
    found = plan_image(ready.places, ImageWish(name=ImageName("compute"), modules=["ofed"]))  # type: ignore[list-item]
    assert [(one.text, one.mend.version) for one in found.problems] == [
        ("module ofed 14.0.0 is not there; there is 15.0.0", "15.0")
    ]


def test_a_module_that_vanished_has_its_successor_proposed(head: HeadNode, tmp_path: Path) -> None:
    add_core(head, tmp_path)
    head.add("beegfs-7-client", kernel="6.1.0-1-amd64")
    head.look()
    head.create("compute", "beegfs-7-client")
    add_core(head, tmp_path, "15.0.0")
    head.add("beegfs-8-client", "15.0.0", kernel="6.1.0-1-amd64")
    head.look()
    found = plan_image(head.places, ImageWish(name=ImageName("compute"), version="15.0"))
    assert [(one.text, one.remedy, one.mend.add) for one in found.problems] == [
        ("module beegfs-7-client 15.0.0 is not there; there is 14.0.0; beegfs-8-client may be its "
         "successor",
         "install its package, or take beegfs-7-client out of the image's modules and add "
         "beegfs-8-client",
         ("beegfs-8-client",))
    ]  # fmt: skip


def test_any_user_can_plan_while_a_build_runs(ready: HeadNode) -> None:
    secret = ready.places.images / "compute/secrets/etc/munge/munge.key"
    secret.parent.mkdir(parents=True)
    secret.write_text("key")
    ready.build("compute")
    with locked(ready.places.lock, wait=0), ordinary_user() as user:
        for path in (ready.root, *ready.root.parents):
            if path.stat().st_uid == 0 and path != Path("/"):
                path.chmod(path.stat().st_mode | 0o005)
        answer = user.qlumod("image", "plan", "compute", "--json", "--root", ready.root)
    assert answer.status == 0, answer.err
    found = json.loads(answer.out)
    assert (found["outdated"], found["missing_secrets"]) == (False, None)


def test_one_broken_definition_does_not_hide_the_others(
    qlumod: CommandLine, ready: HeadNode
) -> None:
    ready.build("compute")
    (ready.places.images / "login.image").write_text("Format: 1\nImage: login\n")
    at = ("--root", ready.root)
    assert qlumod.must("image", "list", *at).out.splitlines()[0].endswith("up-to-date")
    found = json.loads(qlumod.must("overview", "--json", *at).out)
    assert [(image["image"], image["state"]) for image in found["images"]] == [
        ("compute", "up-to-date"), ("login", "broken")
    ]  # fmt: skip
    (first, *_) = found["images"][1]["errors"]
    assert first["where"] == {
        "file": f"{ready.places.images}/login.image", "line": 1, "field": "Version"
    }  # fmt: skip
    assert [(module["module"], module["used_by"]) for module in found["modules"]] == [
        ("core", ["compute"]), ("slurm", ["compute"])
    ]  # fmt: skip


def test_the_overview_says_who_builds_since_when(ready: HeadNode) -> None:
    (ready.places.built / "compute/.new").mkdir(parents=True)
    assert overview(ready.places).images[0].state == "never-built"
    with locked(ready.places.lock, wait=0):
        (one,) = overview(ready.places).images
    assert (one.state, one.building and one.building.holder) == (
        "building", f"process {os.getpid()} on {os.uname().nodename}"
    )  # fmt: skip
