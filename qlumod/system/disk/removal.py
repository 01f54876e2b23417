"""Removing directory trees of any depth, such as those that programs of packages leave.

shutil.rmtree calls itself for each level, and ends where Python's stack does (RecursionError, which
its `ignore_errors` does not hold). Here a tree is taken down level by level; what lies deeper than
a few of them is first moved up, so that neither the stack nor the descriptors run out. Everything
goes by descriptors: no link is followed, and no path can get too long.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LEVELS = 48
"""How many directories are open at once: deeper ones are moved to the uppermost first."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove_directory(name: str | Path, *, folder: int | None = None) -> None:
    """Remove a directory with all that is in it; `folder` is the descriptor of its parent.

    Everything that can be removed is removed; then the first `OSError` is raised. It is no error if
    another process removes files meanwhile, but it is one if there is no such directory.
    """
    os.stat(name, dir_fd=folder, follow_symlinks=False)
    removal = _Removal()
    removal.remove(os.fspath(name), folder)
    if removal.faults:
        raise removal.faults[0]


def clear_directory(name: str | Path) -> None:
    """Remove as much of a directory as possible; nothing is an error, and it need not exist."""
    _Removal().remove(os.fspath(name), None)


class _Removal:
    """The removal of one tree; it continues after a fault, and notes it."""

    def __init__(self) -> None:
        self.faults: list[OSError] = []
        self._moved = False

    def remove(self, name: str, folder: int | None, above: tuple[int, ...] = ()) -> None:
        """Remove a directory; `above` are its open parents, the uppermost first."""
        with self._noted():
            handle = os.open(name, _FOLDER, dir_fd=folder)
            try:
                self._empty((*above, handle))
                # Directories that were moved to the uppermost came after it was listed.
                while self._moved and not above:
                    self._moved = False
                    self._empty((handle,))
            finally:
                os.close(handle)
            os.rmdir(name, dir_fd=folder)

    def _empty(self, way: tuple[int, ...]) -> None:
        """Remove the content of the last of some directories."""
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
        # An unpredictable name, which nothing in the tree has.
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
