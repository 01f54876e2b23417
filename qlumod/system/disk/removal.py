"""Removing directory trees, however deep: what a package left must not stop who clears it away.

shutil.rmtree calls itself for each level, and ends where Python's stack does (RecursionError, which
its `ignore_errors` does not hold). Here a tree is taken down level by level; what lies deeper than
a few of them is first moved up, so that neither the stack nor the descriptors run out. Everything
goes by descriptors: no link is followed, and no path can get too long.
"""

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from qlumod.system.disk.directories import opened_directory
from qlumod.system.disk.refusals import told

_LEVELS = 48
"""How many directories are open at once: deeper ones are moved to the uppermost first."""
POLL = 0.05
"""Seconds between two looks at a directory that another process writes to."""
PATIENCE = 5.0
"""Seconds that a program has to end whose caller was killed."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove_directory(name: str | Path, *, folder: int | None = None) -> None:
    """Remove a directory with all that is in it; `folder` is the descriptor of its parent.

    All that can be removed is removed; then the first `OSError` is raised. What somebody else
    removes meanwhile is no error, but where there is no such directory at all.
    """
    os.stat(name, dir_fd=folder, follow_symlinks=False)
    removal = _Removal()
    removal.remove(os.fspath(name), folder)
    if removal.faults:
        raise removal.faults[0]


def clear_directory(name: str | Path) -> None:
    """Remove what can be removed of a directory, which need not be there; nothing is an error."""
    _Removal().remove(os.fspath(name), None)


def remove_tree(path: Path) -> None:
    """Remove a directory with all that is in it, or a link; it need not be there."""
    with suppress(FileNotFoundError), opened_directory(path.parent) as folder:
        remove_tree_in(folder, path)


def remove_tree_in(folder: int, path: Path) -> None:
    """The same, in the directory of `path` by its descriptor."""
    deadline = time.monotonic() + PATIENCE
    with told(path, "remove"):
        while True:
            try:
                _remove(path.name, folder)
                return
            except FileNotFoundError:
                if not _is_there(path.name, folder):
                    return
            except OSError as fault:
                # A program whose caller was killed may still write there, for a moment.
                if fault.errno != errno.ENOTEMPTY or time.monotonic() > deadline:
                    raise
                time.sleep(POLL)


def _remove(name: str, folder: int) -> None:
    if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        remove_directory(name, folder=folder)
    else:
        os.unlink(name, dir_fd=folder)


def _is_there(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


class _Removal:
    """One tree that is removed; it goes on after a fault, and notes it."""

    def __init__(self) -> None:
        self.faults: list[OSError] = []
        self._moved = False

    def remove(self, name: str, folder: int | None, above: tuple[int, ...] = ()) -> None:
        """Remove a directory; `above` are the open ones that it lies in, the uppermost first."""
        with self._noted():
            handle = os.open(name, _FOLDER, dir_fd=folder)
            try:
                self._empty((*above, handle))
                # What was moved to the uppermost was not there when that was looked through.
                while self._moved and not above:
                    self._moved = False
                    self._empty((handle,))
            finally:
                os.close(handle)
            os.rmdir(name, dir_fd=folder)

    def _empty(self, way: tuple[int, ...]) -> None:
        """Remove what is in the last of some directories."""
        with os.scandir(way[-1]) as found:
            children = [(child.name, child.is_dir(follow_symlinks=False)) for child in found]
        for name, is_directory in children:
            if is_directory and len(way) < _LEVELS:
                self.remove(name, way[-1], way)
                continue
            with self._noted():
                if is_directory:
                    self._move_up(name, way)
                else:
                    os.unlink(name, dir_fd=way[-1])

    def _move_up(self, name: str, way: tuple[int, ...]) -> None:
        # A name that nobody can know, so that nothing of the tree is in its place.
        os.rename(name, f".{os.urandom(16).hex()}", src_dir_fd=way[-1], dst_dir_fd=way[0])
        self._moved = True

    @contextmanager
    def _noted(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            pass
        except OSError as fault:
            self.faults.append(fault)
