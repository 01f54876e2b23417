"""Killed at any moment, the build of an image leaves the last good one, and nothing that stays."""

import os
import random
import signal
import time
from pathlib import Path

import pytest

from qlumod.head.generations import read_current
from qlumod.model.image import ImageName
from tests.conftest import CommandLine
from tests.head.head_node import HeadNode
from tests.head.small_payloads import add_core, add_slurm
from tests.support import debris

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="images are built by root")

KILLS = 10
BUILD = ("image", "build", "compute")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_build_that_is_killed_leaves_the_last_good_image(
    qlumod: CommandLine, head: HeadNode, tmp_path: Path, number: signal.Signals
) -> None:
    debris.adopt_orphans()
    add_core(head, tmp_path)
    add_slurm(head, tmp_path)
    head.look()
    made = qlumod("image", "create", "compute", "--modules", "slurm", "--root", head.root)
    assert made.status == 0
    again = (*BUILD, "--force", "--root", head.root)
    began = time.monotonic()
    qlumod.must(*again)
    whole = time.monotonic() - began
    ours = {process.pid for process in debris.descendants()}
    chance = random.Random(7)
    for _ in range(KILLS if number is signal.SIGKILL else 3):
        process = qlumod.start(*again)
        time.sleep(chance.uniform(0.2, 1.0) * whole)
        os.killpg(process.pid, number)
        process.communicate()
        assert debris.left_running(ours, [head.root]) == []
        current = read_current(head.places, ImageName("compute"))
        assert current is not None
        assert qlumod(*BUILD, "--root", head.root).out == (
            "image compute: up to date (14.0.0: core, slurm)\n"
        )
    qlumod.must(*again)
    generation, _ = read_current(head.places, ImageName("compute")) or ("", None)
    home = head.places.built / "compute"
    names = {path.name for path in home.iterdir()}
    assert names == {"current", *(str(n) for n in range(1, int(generation) + 1)[-3:])}
    assert {path.name for path in (home / generation).iterdir()} == {
        "image.contents.gz", "image.squashfs", "initrd.img", "modules", "secrets.tar", "stack",
        "vmlinuz",
    }  # fmt: skip
    assert len(list(head.places.layers.iterdir())) == 2
