"""Files that are whole or not there, and for whose eyes they are."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.system.disk import files
from qlumod.system.disk.directories import require_plain


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
        require_plain(tmp_path / "my cache")
    assert str(caught.value) == (
        f"apt cannot work in {tmp_path}/my cache: its name holds a blank, a bracket or '#'\n"
        "To mend it: choose another directory, such as by --cache or QLUMOD_CACHE"
    )
    require_plain(tmp_path / "my-cache")


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
