"""What an overview says of builds by units: the unit, its events, how the last ended."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from qlumod.head.build_runs import unit_of
from qlumod.system.disk.locking import locked, this_process
from tests.conftest import CommandLine
from tests.head.head_node import HeadNode
from tests.head.small_payloads import add_core, add_slurm

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="images are built by root")

EVENTS = "/run/qlumod/compute.events"


@pytest.fixture
def ready(head: HeadNode, tmp_path: Path) -> HeadNode:
    """A head node with core and slurm, and an image that is defined and not built."""
    add_core(head, tmp_path)
    add_slurm(head, tmp_path)
    head.look()
    head.create()
    head.places.runs.mkdir(parents=True)
    return head


def compute(qlumod: CommandLine, head: HeadNode) -> dict[str, Any]:
    document = qlumod.must("overview", "--json", "--root", head.root).document
    (image,) = document["images"]
    return dict(image)


def build(qlumod: CommandLine, head: HeadNode, *words: str) -> int:
    at = ("--events", head.places.events("compute"), "--root", head.root)
    return qlumod("image", "build", "compute", *words, *at).status


def test_the_overview_tells_how_the_last_build_ended(qlumod: CommandLine, ready: HeadNode) -> None:
    assert compute(qlumod, ready)["last_build"] is None
    before = int(time.time())
    assert build(qlumod, ready) == 0
    last = compute(qlumod, ready)["last_build"]
    assert (last["events"], last["errors"]) == (EVENTS, [])
    assert (last["result"]["image"], last["result"]["generation"]) == ("compute", "1")
    assert before <= last["began"] <= last["ended"] <= time.time()
    (ready.places.images / "compute/copy/usr").mkdir(parents=True)
    (ready.places.images / "compute/copy/usr/lib").write_text("not a directory\n")
    assert build(qlumod, ready) == 1
    failed = compute(qlumod, ready)["last_build"]
    file = ready.places.images / "compute/copy/usr/lib"
    assert (failed["result"], [error["brief"] for error in failed["errors"]]) == (
        None, [f"{file} is no directory, in the image /usr/lib is one"]
    )  # fmt: skip
    assert qlumod.must("overview", "--root", ready.root).out.splitlines()[1] == (
        "compute  would-change  generation 1  -  the last build failed: "
        f"{file} is no directory, in the image /usr/lib is one; "
        "the definition, the site's files or qlumod have changed"
    )


def test_a_later_build_without_events_is_no_last_build(
    qlumod: CommandLine, ready: HeadNode
) -> None:
    assert build(qlumod, ready, "--if-inputs", "0" * 64) == 1
    assert compute(qlumod, ready)["last_build"]["errors"][0]["code"] == "inputs-changed"
    ready.build("compute")
    later = time.time() + 5
    os.utime(ready.newest(), (later, later))
    assert compute(qlumod, ready)["last_build"] is None


def test_a_build_that_was_killed_is_told_as_an_error(qlumod: CommandLine, ready: HeadNode) -> None:
    build(qlumod, ready)
    whole = ready.places.events("compute").read_text().splitlines()
    gone = {**json.loads(whole[0]), "process": f"process 4194999 on {os.uname().nodename}"}
    ready.places.events("compute").write_text(f"{json.dumps(gone)}\n{whole[1]}\n{whole[2][:9]}")
    last = compute(qlumod, ready)["last_build"]
    assert (last["ended"], last["result"]) == (None, None)
    assert [(error["code"], error["brief"]) for error in last["errors"]] == [
        ("interrupted", "the build was killed before it ended")
    ]


def test_a_build_that_runs_has_its_events_and_no_last_build(
    qlumod: CommandLine, ready: HeadNode
) -> None:
    (ready.places.built / "compute/.new").mkdir(parents=True)
    begin = {"event": "begin", "time_utc": 1000, "process": this_process()}
    ready.places.events("compute").write_text(json.dumps(begin) + "\n")
    with locked(ready.places.lock, wait=0):
        found = compute(qlumod, ready)
    assert found["last_build"] is None
    assert found["building"] == {
        "since": found["building"]["since"],
        "holder": this_process(),
        "unit": None,
        "events": EVENTS,
    }
    ready.places.events("compute").write_text('{"event": "begin", "time_utc": 1000}\n')
    with locked(ready.places.lock, wait=0):
        assert compute(qlumod, ready)["building"]["events"] is None


def test_events_that_cannot_be_read_are_no_fault_of_the_image(
    qlumod: CommandLine, ready: HeadNode
) -> None:
    ready.places.events("compute").write_bytes(b"\xff\n")
    found = compute(qlumod, ready)
    assert (found["state"], found["last_build"]) == ("never-built", None)


def test_only_units_of_ours_are_told() -> None:
    assert unit_of(this_process()) is None
    assert unit_of("process 4194999 on elsewhere") is None
