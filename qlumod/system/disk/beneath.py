"""Files beneath a directory, reached by descriptors: no link in it is ever followed.

Otherwise a user who can put a symbolic link into a tree could make another user's program read,
overwrite or remove files elsewhere. Each directory of a path is opened within its parent (openat(2)
with O_NOFOLLOW), so that a link is an error that names it, whenever it was made.
"""

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener
from qlumod.system.disk import files
from qlumod.system.disk.directories import make_directories, make_directory
from qlumod.system.disk.locking import locked
from qlumod.system.disk.refusals import told
from qlumod.system.disk.regular_files import read_regular
from qlumod.system.disk.removal import remove_tree_in

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_BENEATH = _FOLDER | os.O_NOFOLLOW
_FILE = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
"""A FIFO is opened without waiting for a writer; then it is refused."""


class NotBeneath(QlumodError):
    """A path leads out of its tree: by a symbolic link, or by ``..``."""


@dataclass(frozen=True, slots=True)
class Beneath:
    """The files beneath a directory; all paths begin with `top`.

    Every function raises `QlumodError`, and `NotBeneath` if a link is in the path. `top` itself may
    be reached through links: the caller has chosen it.
    """

    top: Path

    @contextmanager
    def folder(self, path: Path) -> Iterator[int]:
        """A descriptor of a directory, for the length of the block; raises `OSError`, too."""
        handle = self._opened(path)
        try:
            yield handle
        finally:
            os.close(handle)

    def make(self, path: Path, *, sync: bool = True) -> None:
        """Make a directory and its parents, readable for everybody whatever the umask is."""
        if path == self.top:
            make_directories(path, sync=sync)
            return
        with told(path), suppress(FileNotFoundError), self.folder(path):
            return
        self.make(path.parent, sync=sync)
        # Another run may have made it in the meantime.
        with told(path), self.folder(path.parent) as parent, suppress(FileExistsError):
            make_directory(path.name, parent, sync=sync)

    def make_new(self, path: Path) -> None:
        """Make a directory that must not exist yet, and its parents."""
        self.make(path.parent)
        with told(path), self.folder(path.parent) as parent:
            make_directory(path.name, parent, sync=False)

    def names(self, path: Path) -> tuple[str, ...]:
        """The names in a directory, sorted; none if there is no such directory."""
        with told(path, "read"), suppress(FileNotFoundError), self.folder(path) as handle:
            return tuple(sorted(os.listdir(handle)))  # noqa: PTH208 - a descriptor
        return ()

    def regular_files(self, path: Path) -> Iterator[Path]:
        """All regular files below a directory, sorted, relative to it; none where there is none."""
        with told(path, "read"), suppress(FileNotFoundError), self.folder(path) as handle:
            yield from _regular_files(handle)

    def is_file(self, path: Path) -> bool:
        """Whether there is a regular file."""
        with (
            told(path, "look at"),
            suppress(FileNotFoundError, NotADirectoryError),
            self.folder(path.parent) as parent,
        ):
            mode = _status(path.name, parent).st_mode
            if stat.S_ISLNK(mode):
                raise _link(path, self.top)
            return stat.S_ISREG(mode)
        return False

    def read(self, path: Path, *, most: int) -> bytes:
        """Read a regular file of limited size."""
        with told(path, "read"), self.folder(path.parent) as parent:
            return read_regular(path, self._open(path, parent, _FILE), most=most)

    def write_whole(self, path: Path, data: bytes, *, mode: int = 0o644, sync: bool = True) -> None:
        """Write a file so that it is complete or absent; see `files.write_whole`."""
        with told(path), self.folder(path.parent) as parent:
            files.write_whole_in(parent, path.name, data, mode=mode, sync=sync)

    def link_all(self, source: Path, target: Path, names: Iterable[str]) -> None:
        """Give files of one directory second names in another one, which is made; not synced."""
        self.make(target, sync=False)
        with told(target), self.folder(source) as old, self.folder(target) as new:
            for name in names:
                os.link(name, name, src_dir_fd=old, dst_dir_fd=new, follow_symlinks=False)

    def move_all(self, source: Path, target: Path, names: Iterable[str]) -> None:
        """Move files of one directory to another one, which is made; not synced."""
        self.make(target)
        with told(target), self.folder(source) as old, self.folder(target) as new:
            for name in names:
                os.rename(name, name, src_dir_fd=old, dst_dir_fd=new)

    def rename(self, path: Path, target: Path) -> None:
        """Rename a file or directory, and replace any file of the new name."""
        with told(path), self.folder(path.parent) as old, self.folder(target.parent) as new:
            os.rename(path.name, target.name, src_dir_fd=old, dst_dir_fd=new)

    def point(self, link: Path, target: str) -> None:
        """Make a symbolic link point elsewhere, by one rename."""
        with told(link), self.folder(link.parent) as parent:
            files.point_in(parent, link.name, target)

    def unlink(self, path: Path) -> None:
        """Remove a file or a link; it need not exist."""
        with told(path, "remove"), suppress(FileNotFoundError), self.folder(path.parent) as parent:
            os.unlink(path.name, dir_fd=parent)

    def unlink_same(self, path: Path, other: Path) -> None:
        """Remove a name of a file, if `other` is another name of the same file."""
        with (
            told(path, "remove"),
            suppress(FileNotFoundError),
            self.folder(path.parent) as parent,
            self.folder(other.parent) as beside,
        ):
            if os.path.samestat(_status(path.name, parent), _status(other.name, beside)):
                os.unlink(path.name, dir_fd=parent)

    def remove_tree(self, path: Path) -> None:
        """Remove a directory with its content, or a link; it need not exist."""
        with told(path, "remove"), suppress(FileNotFoundError), self.folder(path.parent) as parent:
            remove_tree_in(parent, path)

    def remove_empty(self, path: Path, *, below: Path) -> None:
        """Remove a directory that is empty, and the parents that are empty then, up to `below`."""
        while path != below and below in path.parents:
            try:
                with self.folder(path.parent) as parent:
                    os.rmdir(path.name, dir_fd=parent)
            except OSError:
                return
            path = path.parent

    def sync(self, paths: Iterable[Path]) -> None:
        """Sync the names in directories to the disk."""
        for path in sorted(set(paths)):
            with told(path), self.folder(path) as handle:
                os.fsync(handle)

    @contextmanager
    def locked(self, path: Path, *, wait: float, listen: Listener) -> Iterator[None]:
        """Hold the lock of `path`; see `locking.locked`."""
        with told(path):
            folder = self._opened(path.parent)
        try:
            with locked(path, wait=wait, listen=listen, folder=folder):
                yield
        finally:
            os.close(folder)

    def _opened(self, path: Path) -> int:
        handle = os.open(self.top, _FOLDER)
        place = self.top
        for part in _parts(path, self.top):
            place /= part
            try:
                below = self._open(place, handle, _BENEATH)
            finally:
                os.close(handle)
            handle = below
        return handle

    def _open(self, path: Path, parent: int, flags: int) -> int:
        try:
            return os.open(path.name, flags, dir_fd=parent)
        except OSError as fault:
            # O_DIRECTORY says of a link that it is no directory.
            if fault.errno in (errno.ELOOP, errno.ENOTDIR) and _is_link(path.name, parent):
                raise _link(path, self.top) from fault
            raise


def _parts(path: Path, top: Path) -> Sequence[str]:
    parts = path.relative_to(top).parts
    if ".." in parts:
        raise NotBeneath(f"{path} leads out of {top}")
    return parts


def _status(name: str, parent: int) -> os.stat_result:
    return os.stat(name, dir_fd=parent, follow_symlinks=False)


def _is_link(name: str, parent: int) -> bool:
    with suppress(FileNotFoundError):
        return stat.S_ISLNK(_status(name, parent).st_mode)
    return False


def _link(path: Path, top: Path) -> NotBeneath:
    return NotBeneath(
        f"{path} is a symbolic link: no link in {top} is followed",
        remedy=f"see who made it (ls -l {path}), and put what it points at there itself",
    )


def _regular_files(handle: int) -> Iterator[Path]:
    for folder, folders, names, place in os.fwalk(dir_fd=handle):
        folders.sort()
        for name in sorted(names):
            if stat.S_ISREG(_status(name, place).st_mode):
                yield Path(folder, name)
