"""The name that Qlustar's people type builds images, as `qlumod image build` does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, Answer, CommandLine
from tests.head.head_node import HeadNode
from tests.head.listed_payloads import build_listed

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="images are built by root")

PROGRAM = ROOT / "head-node/usr/sbin/qlustar-image-reconfigure"


def reconfigure(qlumod: CommandLine, *words: str | Path) -> Answer:
    """Run the program where `qlumod` is installed."""
    installed = qlumod.directory / "bin"
    installed.mkdir(exist_ok=True)
    (installed / "qlumod").write_text(f'#!/bin/sh\nexec {sys.executable} -m qlumod "$@"\n')
    (installed / "qlumod").chmod(0o755)
    done = subprocess.run(
        [PROGRAM, *words],
        env={**qlumod.variables, "PATH": f"{installed}:/usr/bin:/bin"},
        cwd=qlumod.directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def test_it_builds_the_images_that_are_named_and_all(qlumod: CommandLine, listed: HeadNode) -> None:
    build_listed(listed)
    qlumod.must("image", "create", "login", "--modules", "slurm", "--root", listed.root)
    up_to_date = "image compute: up to date (14.0.0: core, slurm)"
    assert reconfigure(qlumod, "compute", "--root", listed.root).out == f"{up_to_date}\n"
    assert reconfigure(qlumod, "all", "--root", listed.root).out.splitlines() == [
        up_to_date,
        "image login: generation 1 (14.0.0: core, slurm)",
        "  nodes get none yet; to deploy this one: qlumod image deploy login",
    ]
    again = reconfigure(qlumod, "login", "--force", "--root", listed.root).out
    assert again.startswith("image login: generation 2 (14.0.0: core, slurm)\n")
    assert reconfigure(qlumod, "none", "--root", listed.root).status == 1


def test_it_says_how_it_is_used(qlumod: CommandLine) -> None:
    usage = "usage: qlustar-image-reconfigure IMAGE ... | all [OPTION ...]\n"
    assert reconfigure(qlumod) == (2, "", usage)
    assert reconfigure(qlumod, "--force") == (2, "", usage)
    told = reconfigure(qlumod, "--help")
    assert (told.status, told.err) == (0, "")
    assert told.out.startswith(usage)


def test_its_manual_page_is_well_formed() -> None:
    page = ROOT / "head-node/man/qlustar-image-reconfigure.8"
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", page], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert "An image that is up to date is not built again" in " ".join(done.stdout.split())
