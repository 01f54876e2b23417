"""Files that are whole or not there, and for whose eyes they are."""

import fcntl
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.system.disk import files
from qlumod.system.disk.locking import Busy, locked

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


@pytest.mark.parametrize(
    "write",
    [
        lambda path: files.write_whole(path, b"new"),
        lambda path: files.write_new(path, b"new"),
        lambda path: files.write_unsynced(path, [b"new"]),
        lambda path: files.copy_new(Path(__file__), path),
    ],
)
def test_writing_to_a_link_replaces_the_link(write: object, tmp_path: Path) -> None:
    other, path = tmp_path / "other", tmp_path / "file"
    other.write_text("kept")
    path.symlink_to(other)
    assert callable(write)
    write(path)
    assert other.read_text() == "kept"
    assert not path.is_symlink()


def test_what_a_link_points_at_is_not_removed_with_it(tmp_path: Path) -> None:
    (tmp_path / "kept" / "below").mkdir(parents=True)
    (tmp_path / "link").symlink_to("kept")
    files.remove_tree(tmp_path / "link")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["below", "kept"]


def test_a_file_is_never_open_to_others_while_it_is_written(
    tmp_path: Path, open_to_all: None
) -> None:
    def parts() -> Iterator[bytes]:
        for path in tmp_path.iterdir():
            modes.append(stat.S_IMODE(path.stat().st_mode))
        yield b"new"

    modes: list[int] = []
    files.write_unsynced(tmp_path / "file", parts())
    assert modes == [0o600]
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o644


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
