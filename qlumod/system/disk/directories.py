"""Directories, made with exact modes."""

import contextlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.system.disk.refusals import told


def require_plain(directory: Path) -> None:
    """Raise if apt's sources could not name a directory (sources.list(5))."""
    if re.search(r"[\s\[\]#]", str(directory)):
        raise QlumodError(
            f"apt cannot work in {directory}: its name holds a blank, a bracket or '#'",
            remedy="choose another directory, such as by --cache or QLUMOD_CACHE",
        )


def make_directories(path: Path, *, sync: bool = True) -> None:
    """Make a directory and its parents, readable for everybody whatever the umask is."""
    if path.is_dir():
        return
    make_directories(path.parent, sync=sync)
    # Another process may have made it in the meantime.
    with contextlib.suppress(FileExistsError), opened_directory(path.parent) as folder:
        make_directory(path.name, folder, sync=sync)


def make_private(path: Path) -> None:
    """Make a directory for its owner only, or change an existing one so; its parents are made."""
    with told(path):
        make_directories(path.parent)
        with contextlib.suppress(FileExistsError), opened_directory(path.parent) as folder:
            make_directory(path.name, folder, mode=0o700)
        with opened_directory(path) as handle:
            os.fchmod(handle, 0o700)


def make_directory(name: str, folder: int, *, mode: int = 0o755, sync: bool = True) -> None:
    """Make a directory in another one, given by its descriptor; raises `FileExistsError`.

    It has exactly this mode whatever the umask is, from the start.
    """
    os.mkdir(name, mode, dir_fd=folder)
    handle = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
    try:
        os.fchmod(handle, mode)
    finally:
        os.close(handle)
    if sync:
        os.fsync(folder)


@contextmanager
def opened_directory(path: Path) -> Iterator[int]:
    """A descriptor of a directory, for the length of the block; raises `OSError`."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield handle
    finally:
        os.close(handle)
