"""An interruption finds every program that was begun."""

import os
import signal
import subprocess
import sys
import time

import pytest

from qlumod.system.processes.signals import put_off
from tests.conftest import ROOT
from tests.support import debris

SLEEPER = """
from qlumod.system.processes.command import command
from qlumod.system.processes.run import run
print(flush=True)
run(command("sleep", "300"))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_is_delivered_at_the_end_of_the_block(number: signal.Signals) -> None:
    heard: list[str] = []
    before = signal.signal(number, lambda *_: heard.append("delivered"))
    try:
        with put_off():
            os.kill(os.getpid(), number)
            heard.append("inside")
        heard.append("after")
    finally:
        signal.signal(number, before)
    assert heard == ["inside", "delivered", "after"]


def test_ctrl_c_while_a_program_is_begun_leaves_none() -> None:
    debris.adopt_orphans()
    before = {process.pid for process in debris.descendants()}
    for delay in range(24):
        process = subprocess.Popen(
            [sys.executable, "-c", SLEEPER],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay / 2000)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
    assert debris.left_running(before, []) == []
