"""Directories that one process owns: empty at first, gone at last, cleared after a kill."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from qlumod.system.disk.staging import staging, sweep

HOLDER = """
import sys, time
from pathlib import Path
from qlumod.system.disk.staging import staging
with staging(Path(sys.argv[1]), "mine") as place:
    (place / "half").touch()
    print("ready", flush=True)
    time.sleep(60)
"""


def holder(parent: Path) -> "subprocess.Popen[bytes]":
    """Another process that owns ``parent/mine``."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(parent)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def test_nothing_stays_of_a_directory_that_was_done_with(tmp_path: Path) -> None:
    with staging(tmp_path / "work", "mine") as place:
        (place / "file").touch()
    assert list((tmp_path / "work").iterdir()) == []


def test_nothing_stays_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), staging(tmp_path, "mine") as place:
        (place / "file").touch()
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_what_a_living_process_owns_is_left_alone(tmp_path: Path) -> None:
    process = holder(tmp_path)
    assert sweep(tmp_path) == ()
    assert (tmp_path / "mine" / "half").exists()
    process.kill()
    process.communicate()


def test_what_a_killed_process_left_is_cleared(tmp_path: Path) -> None:
    process = holder(tmp_path)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert (tmp_path / "mine" / "half").exists()
    assert sweep(tmp_path) == (tmp_path / "mine",)
    assert list(tmp_path.iterdir()) == []


def test_who_comes_later_waits_and_finds_it_empty(tmp_path: Path) -> None:
    process = holder(tmp_path)
    os.kill(process.pid, signal.SIGKILL)
    with staging(tmp_path, "mine") as place:
        assert list(place.iterdir()) == []
    process.communicate()
