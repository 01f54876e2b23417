"""Threads that work beside the main one end with it, and end well."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from qlumod.system.processes.command import command
from qlumod.system.processes.run import run
from qlumod.system.processes.workers import workers
from tests.conftest import ROOT

WORKER = """
import sys
from pathlib import Path
from qlumod.system.processes.workers import workers
from qlumod.system.processes.command import command
from qlumod.system.processes.run import run

def work(begun):
    try:
        begun.mkdir()
        run(command("sleep", "300"))
    finally:
        run(command("sleep", "1"))
        begun.rmdir()

with workers(1) as given:
    given.submit(work, Path(sys.argv[1]))
"""


def test_all_that_was_given_is_done_at_the_end_of_the_block() -> None:
    done: list[int] = []
    with workers(2) as given:
        for number in range(5):
            given.submit(done.append, number)
    assert sorted(done) == [0, 1, 2, 3, 4]


def test_an_exception_in_the_block_interrupts_what_the_threads_wait_for() -> None:
    began = time.monotonic()
    with pytest.raises(ZeroDivisionError), workers(1) as given:
        waited = given.submit(run, command("sleep", "300"))
        raise ZeroDivisionError
    assert time.monotonic() - began < 100
    assert waited.cancelled() or isinstance(waited.exception(), KeyboardInterrupt)


def test_an_interrupted_wait_at_the_end_of_the_block_interrupts_them_too() -> None:
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt), workers(1) as given:
        waited = given.submit(run, command("sleep", "300"))
    assert isinstance(waited.exception(), KeyboardInterrupt)


def test_the_program_lives_on_until_they_have_cleaned_up(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(begun)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
    )
    while not begun.is_dir():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert not begun.exists()
