"""A short-lived directory is gone at its end; what a killed process left goes with the next one."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from qlumod.system.scratch import scratch
from tests.conftest import ROOT

HOLDER = """
import os, signal, sys
from pathlib import Path
from qlumod.system.scratch import scratch
with scratch(Path(sys.argv[1])) as place:
    (place / "file").touch()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_it_is_gone_at_the_end_even_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), scratch(tmp_path) as place:
        (place / "file").touch()
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_goes_and_what_is_in_use_stays(tmp_path: Path) -> None:
    (tmp_path / "qlumod-another").mkdir()
    holder = [sys.executable, "-c", HOLDER, str(tmp_path)]
    assert subprocess.run(holder, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 2
    with scratch(tmp_path) as one, scratch(tmp_path) as other:
        assert sorted(tmp_path.iterdir()) == sorted([one, other, tmp_path / "qlumod-another"])
