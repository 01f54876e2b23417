"""A short-lived directory is gone at its end; what a killed process left goes with the next one."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from qlumod.system.disk.scratch import scratch
from tests.conftest import ROOT

HOLDER = """
import os, signal, sys
from pathlib import Path
from qlumod.system.disk.scratch import scratch
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


@pytest.mark.skipif(os.geteuid() != 0, reason="a PID namespace needs root")
def test_in_a_namespace_without_a_proc_of_its_own_what_is_in_use_stays(tmp_path: Path) -> None:
    """Its number is that of no process outside."""
    code = (
        "from pathlib import Path; from qlumod.system.disk.scratch import scratch\n"
        f"top = Path({str(tmp_path)!r})\n"
        "with scratch(top) as one, scratch(top) as other:\n"
        "    assert sorted(top.iterdir()) == sorted([one, other])\n"
    )
    free = next(number for number in range(4000, 30000) if not Path("/proc", str(number)).exists())
    script = f'echo {free - 1} >/proc/sys/kernel/ns_last_pid; "$0" -c "$1" || exit 1'
    inside = ["unshare", "--pid", "--fork", "sh", "-c", script, sys.executable, code]
    subprocess.run(inside, cwd=ROOT, check=True)
