"""Files that are whole or not there, and for whose eyes they are."""

import fcntl
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.system import files
from qlumod.system.files import locked

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def open_to_all() -> Iterator[None]:
    """A caller whose umask takes nothing away."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.parametrize("write", [files.write_new, files.write_whole])
def test_a_secret_is_its_owners_from_the_first_byte(
    write: object, tmp_path: Path, open_to_all: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes = []
    chmod = os.fchmod

    def watched(handle: int, mode: int) -> None:
        modes.append(stat.S_IMODE(os.fstat(handle).st_mode))
        chmod(handle, mode)

    monkeypatch.setattr(os, "fchmod", watched)
    path = tmp_path / "secret"
    assert callable(write)
    write(path, b"secret", mode=0o600)
    assert modes == [0o600]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() == b"secret"


def test_what_is_written_has_its_mode_whatever_the_umask_says(
    tmp_path: Path, open_to_all: None
) -> None:
    files.write_whole(tmp_path / "open", b"")
    files.write_new(tmp_path / "below" / "new", b"", modified=7)
    assert stat.S_IMODE((tmp_path / "open").stat().st_mode) == 0o644
    assert stat.S_IMODE((tmp_path / "below").stat().st_mode) == 0o755
    assert (tmp_path / "below" / "new").stat().st_mtime == 7


def test_a_directory_that_apt_cannot_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QlumodError) as caught:
        files.require_plain(tmp_path / "my cache")
    assert str(caught.value) == (
        f"apt cannot work in {tmp_path}/my cache: its name holds a blank, a bracket or '#'\n"
        "To mend it: choose another directory, such as by --cache or QLUMOD_CACHE"
    )
    files.require_plain(tmp_path / "my-cache")


KILLED_WHILE_IT_STARTS_A_PROGRAM = """
import os, subprocess, sys
from pathlib import Path
from qlumod.system.files import locked
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
