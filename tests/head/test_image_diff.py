"""What differs between stacks: packages, paths, services to restart, kernel and size."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CommandLine
from tests.head.head_node import HeadNode
from tests.head.listed_payloads import add_listed, write_tree

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="images are built by root")

SLURM = {
    "/etc/motd": "of slurm\n",
    "/usr/sbin/slurmd": "a newer slurmd\n",
    "/usr/sbin/slurmstepd": "slurmstepd\n",
    "/usr/lib/systemd/system/slurmd.service": "[Unit]\n",
}


@pytest.fixture
def built(listed: HeadNode) -> HeadNode:
    """A head node with an image that was built and deployed."""
    listed.create()
    listed.build("compute")
    listed.deploy()
    return listed


def upgrade(head: HeadNode, tmp_path: Path) -> None:
    """Slurm gets a security update, and one more file."""
    shutil.rmtree(head.payload("slurm"))
    tree = write_tree(tmp_path / "trees/newer", SLURM)
    add_listed(head, "slurm", tree, {"slurmd": "22.05.8-5", "libslurm": "22.05.8-5"})
    changelog = head.root / "usr/share/doc/q-module-slurm-bookworm-amd64-14.0.0/slurm.changelog"
    changelog.parent.mkdir(parents=True)
    changelog.write_text("slurm 14.0.0-2 (now)\n  a security update\n")
    head.look()


def diff(qlumod: CommandLine, head: HeadNode, *words: str) -> dict[str, Any]:
    return json.loads(qlumod.must("image", "diff", *words, "--json", "--root", head.root).out)


def test_without_a_change_nothing_differs(qlumod: CommandLine, built: HeadNode) -> None:
    assert qlumod.must("image", "diff", "compute", "--root", built.root).out.splitlines() == [
        "from generation 1 of compute to what would be built of compute:",
        "  nothing differs",
    ]


def test_a_preview_says_what_a_build_would_change(
    qlumod: CommandLine, built: HeadNode, tmp_path: Path
) -> None:
    upgrade(built, tmp_path)
    found = diff(qlumod, built, "compute")
    assert found["packages"] == [
        {"package": "libslurm", "kind": "added", "old": None, "new": "22.05.8-5",
         "module": "slurm"},
        {"package": "munge", "kind": "removed", "old": "0.5.15-2", "new": None, "module": "slurm"},
        {"package": "slurmd", "kind": "upgraded", "old": "22.05.8-4", "new": "22.05.8-5",
         "module": "slurm"},
    ]  # fmt: skip
    listed = [(one["kind"], one["path"]) for one in found["paths"].pop("listed")]
    assert {
        ("changed", "/usr/sbin/slurmd"),
        ("added", "/usr/sbin/slurmstepd"),
        ("added", "/etc/hidden"),
        ("added", "/usr/lib/gone/file"),
    } <= set(listed)
    assert ("changed", "/etc/motd") not in listed
    assert found["restart"] == ["slurmd.service"]
    assert (found["equal"], found["reboot"]) == (False, False)
    assert found["old"]["generation"] == "1" and found["new"]["generation"] is None


def test_two_generations_are_compared_when_their_modules_are_gone(
    qlumod: CommandLine, built: HeadNode, tmp_path: Path
) -> None:
    upgrade(built, tmp_path)
    (built.places.images / "common/copy/etc").mkdir(parents=True)
    (built.places.images / "common/copy/etc/site").write_text("of the site\n")
    built.build("compute")
    shutil.rmtree(built.places.modules)
    answer = qlumod.must("image", "diff", "compute", "1", "2", "--root", built.root)
    lines = answer.out.splitlines()
    assert lines[0] == "from generation 1 of compute to generation 2 of compute:"
    assert "  slurmd 22.05.8-4 → 22.05.8-5 [slurm]" in lines
    assert any("added file /etc/site (<site>)" in line for line in lines)
    assert "  to restart on running nodes: slurmd.service" in lines
    back = diff(qlumod, built, "compute", "2", "1")
    assert [one["kind"] for one in back["packages"]] == ["removed", "added", "downgraded"]
    limited = diff(qlumod, built, "compute", "1", "2", "--limit", "1")["paths"]
    assert len(limited["listed"]) == 1 < limited["added"] + limited["changed"]


def test_two_images_are_compared(qlumod: CommandLine, built: HeadNode) -> None:
    built.create("bare", "core")
    built.build("bare")
    found = diff(qlumod, built, "compute", "deployed", "bare/newest")
    assert [one["package"] for one in found["packages"]] == ["munge", "slurmd"]
    assert list(found["new"]["modules"]) == ["core"]


REFUSED = {
    "compute 7": "image compute has no generation 7\n"
    "To mend it: see which there are: qlumod image history compute",
    "login": "there is no image login (/etc/qlumod/images/login.image)\n"
    "To mend it: make it: qlumod image create login --modules MODULE,…; `qlumod image list` tells "
    "which there are",
    "compute deployed bare/deployed": "image bare: no generation is deployed\n"
    "To mend it: deploy one: qlumod image deploy bare",
    "compute newest bare/newest": "image bare was never built\n"
    "To mend it: build it: qlumod image build bare",
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_cannot_be_compared_says_why(qlumod: CommandLine, built: HeadNode, words: str) -> None:
    built.create("bare", "core")
    answer = qlumod("image", "diff", *words.split(), "--root", built.root)
    assert (answer.status, answer.err) == (1, f"qlumod: error: {REFUSED[words]}\n")


def test_a_generation_without_lists_says_how_to_get_them(
    qlumod: CommandLine, built: HeadNode
) -> None:
    shutil.rmtree(built.newest() / "modules")
    answer = qlumod("image", "diff", "compute", "--root", built.root)
    assert answer.err == (
        "qlumod: error: generation 1 of image compute does not list its packages and files: an "
        "earlier version of qlumod built it\nTo mend it: build a generation that does: qlumod "
        "image build --force compute\n"
    )
