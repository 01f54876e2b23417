"""Locks between runs: who gets one, and what is never overwritten for one."""

import fcntl
import os
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.system.disk.locking import Busy, locked

ROOT = Path(__file__).resolve().parents[2]


KILLED_WHILE_IT_STARTS_A_PROGRAM = """
import os, subprocess, sys
from pathlib import Path
from qlumod.system.disk.locking import Busy, locked
with locked(Path(sys.argv[1]), wait=0):
    handles = [int(name) for name in os.listdir("/proc/self/fd")]
    subprocess.Popen(["sleep", "1"], pass_fds=[one for one in handles if one > 2][:1])
    os.kill(os.getpid(), 9)
"""


def test_a_lock_that_a_killed_process_leaves_to_a_program_is_waited_for(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    subprocess.run(
        [sys.executable, "-c", KILLED_WHILE_IT_STARTS_A_PROGRAM, str(lock)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    with lock.open() as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with locked(lock, wait=0):
        assert lock.read_text().startswith(f"process {os.getpid()} on ")


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda lock, other: lock.symlink_to(other), None),
        (lambda lock, other: os.link(other, lock), "the file has another name, too (a hard link)"),
        (lambda lock, other: os.mkfifo(lock), "it is a FIFO, not a file"),
        (
            lambda lock, other: (lock.touch(), os.chown(lock, 4711, 4711)),
            "it belongs to user 4711",
        ),
    ],
)
def test_a_lock_is_a_file_of_ours_and_nothing_else_is_overwritten(
    make: object, why: str | None, tmp_path: Path
) -> None:
    other, lock = tmp_path / "shadow", tmp_path / "lock"
    other.write_text("root:*:20000:0:99999:7:::\n")
    other.chmod(0o600)
    assert callable(make)
    make(lock, other)
    with pytest.raises(QlumodError) as told, locked(lock, wait=0):
        pass
    assert str(told.value) == (
        f"cannot lock {lock}: {why}\nTo mend it: see who made it (ls -l {lock}), then remove it"
        if why
        else f"cannot write {lock}: Too many levels of symbolic links\n"
        "To mend it: it is a symbolic link: remove it, or put there what it points at"
    )
    assert other.read_text() == "root:*:20000:0:99999:7:::\n"
    assert stat.S_IMODE(other.stat().st_mode) == 0o600


def test_who_waits_for_a_lock_that_is_removed_gets_the_one_that_others_see(tmp_path: Path) -> None:
    lock, heard = tmp_path / "lock", threading.Event()
    with ThreadPoolExecutor(1) as pool:

        def wait() -> bool:
            with locked(lock, wait=60, listen=lambda _: heard.set()):
                with pytest.raises(Busy), locked(lock, wait=0):
                    pass
                return True

        with locked(lock, wait=0):
            waiting = pool.submit(wait)
            assert heard.wait(60)
            lock.unlink()
        assert waiting.result()
