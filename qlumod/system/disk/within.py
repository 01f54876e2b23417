"""Paths within a root, resolved as a program in the root resolves them: no link leads out."""

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from qlumod.errors import QlumodError
from qlumod.model.path_names import directory_of, fitting, name_in
from qlumod.system.disk.openat2 import ABSENT, ITSELF, is_plain, is_there, openat2

_MOST = 256 << 20
"""The most bytes of a file that is read at once: no text, key or package database is larger."""
_TO_READ = os.O_RDONLY | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Root:
    """A tree that programs of packages have written, with any links in it.

    Paths are absolute, as a program with this root sees them: a link to ``/etc`` leads to ``/etc``
    of the root. Each operation resolves its path within the root (openat2(2), RESOLVE_IN_ROOT), so
    no path leads to the host. A missing path raises `FileNotFoundError`, as in `os`; a path of the
    wrong type raises `QlumodError`.
    """

    place: Path
    """The path of the tree on the host."""

    @contextmanager
    def opened(self, path: str, flags: int = os.O_PATH) -> Iterator[int]:
        """A descriptor of a path, for the length of a block."""
        descriptor = self._open(path, flags)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def reading(self, path: str) -> Iterator[BufferedReader]:
        """Open a regular file for reading; raises `QlumodError` for anything else.

        Its type is checked before it is opened: opening a device would reach its driver.
        """
        with self.opened(path) as descriptor:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise QlumodError(f"{path} within the root is no regular file")
            source = os.open(f"/proc/self/fd/{descriptor}", _TO_READ)
        with os.fdopen(source, "rb") as opened:
            yield opened

    def read(self, path: str, *, most: int = _MOST) -> bytes:
        """The bytes of a regular file; raises `QlumodError` if it has more than `most`."""
        with self.reading(path) as source:
            data = source.read(most + 1)
        if len(data) > most:
            raise QlumodError(f"{path} within the root has more than {most >> 20} MiB")
        return data

    def text(self, path: str) -> str:
        """The text of a regular file; invalid UTF-8 is replaced."""
        return self.read(path).decode("utf-8", "replace")

    def copy_out(self, path: str, target: Path) -> None:
        """Copy a regular file to a new file of the host, mode 0644."""
        with self.reading(path) as source, target.open("xb") as copy:
            shutil.copyfileobj(source, copy)
        target.chmod(0o644)

    def status(self, path: str) -> os.stat_result:
        """The status of a path; a link there is not followed."""
        with self.opened(path, ITSELF) as descriptor:
            return os.fstat(descriptor)

    def target(self, path: str) -> str:
        """The target of the symbolic link at a path."""
        with self.opened(path, ITSELF) as descriptor:
            return os.readlink("", dir_fd=descriptor)

    def has(self, path: str) -> bool:
        """Whether a path exists, even as a broken link."""
        return any(self.present([path]))

    def is_file(self, path: str) -> bool:
        """Whether a path leads to a regular file."""
        return self._leads_to(path, os.O_PATH, stat.S_ISREG)

    def is_directory(self, path: str) -> bool:
        """Whether a path leads to a directory."""
        return self._leads_to(path, os.O_PATH, stat.S_ISDIR)

    def is_link(self, path: str) -> bool:
        """Whether a path is a symbolic link."""
        return self._leads_to(path, ITSELF, stat.S_ISLNK)

    def _leads_to(self, path: str, flags: int, kind: Callable[[int], bool]) -> bool:
        try:
            with self.opened(path, flags) as descriptor:
                return kind(os.fstat(descriptor).st_mode)
        except OSError as fault:
            if fault.errno in ABSENT:
                return False
            raise

    def present(self, paths: Iterable[str]) -> Iterator[str]:
        """The paths among these that exist."""
        with self.opened("/") as top:
            for path in paths:
                if is_there(top, path):
                    yield path

    def where(self, path: str) -> str:
        """The path without links of an existing directory or file."""
        with self.opened("/") as top, self.opened(path) as descriptor:
            real = os.path.relpath(_name_of(descriptor), _name_of(top))
        return "/" if real == "." else f"/{real}"

    def is_plain(self, path: str) -> bool:
        """Whether the existing part of a path contains no link."""
        with self.opened("/") as top:
            return is_plain(top, path)

    def names(self, directory: str) -> tuple[str, ...]:
        """The names in a directory, sorted; none if it does not exist."""
        if not self.is_directory(directory):
            return ()
        with self.opened(directory, os.O_RDONLY | os.O_DIRECTORY) as descriptor:
            return tuple(sorted(os.listdir(descriptor)))  # noqa: PTH208 - a descriptor, no path

    def matching(self, pattern: str) -> tuple[str, ...]:
        """The paths that match a pattern, sorted; ``*`` does not match a slash."""
        return tuple(sorted(filter(self.has, fitting(pattern, self.names))))

    def below(self, directory: str) -> Iterator[str]:
        """All paths below a directory except directories; links are not followed."""
        if not self.is_directory(directory):
            return
        with self.opened(directory, os.O_RDONLY | os.O_DIRECTORY) as top:
            for parent, folders, names, _ in os.fwalk(".", dir_fd=top):
                folders.sort()
                for name in sorted(names):
                    yield os.path.normpath(f"{directory.rstrip('/')}/{parent}/{name}")

    def make_directory(self, path: str, *, mode: int = 0o755) -> None:
        """Make a directory and its parents, owned by root; an existing one is not changed."""
        if self.is_directory(path):
            return
        with self._parent(path) as (parent, name):
            try:
                os.mkdir(name, dir_fd=parent)
            except FileExistsError:
                self.make_directory(self._beyond(path), mode=mode)
                return
            os.chmod(name, mode, dir_fd=parent)

    def _beyond(self, path: str) -> str:
        """The target of a link that does not exist yet; raises for anything else."""
        try:
            with self.opened(path):
                raise QlumodError(f"{path} within the root is no directory")
        except OSError as fault:
            if fault.errno == errno.ELOOP:
                raise QlumodError(f"{path} within the root is a circle of links") from fault
            if fault.errno != errno.ENOENT:
                raise
        parent = self.where(str(PurePosixPath(path).parent))
        return str(PurePosixPath(parent, self.target(path)))

    def write(
        self, path: str, data: bytes, *, mode: int = 0o644, uid: int = 0, gid: int = 0
    ) -> None:
        """Write a file, replacing any file of its name; its parents are made."""
        with self.writing(path, mode=mode, uid=uid, gid=gid) as target:
            target.write(data)

    @contextmanager
    def writing(
        self, path: str, *, mode: int = 0o644, uid: int = 0, gid: int = 0
    ) -> Iterator[BinaryIO]:
        """A new file, open for writing, replacing any file of its name."""
        with self._cleared(path) as (parent, name):
            descriptor = os.open(name, _NEW, 0o600, dir_fd=parent)
            with os.fdopen(descriptor, "wb") as target:
                yield target
                target.flush()
                os.fchown(descriptor, uid, gid)
                os.fchmod(descriptor, mode)

    def link(self, path: str, target: str, *, uid: int = 0, gid: int = 0) -> None:
        """Make a symbolic link, replacing any file of its name; its parents are made."""
        with self._cleared(path) as (parent, name):
            os.symlink(target, name, dir_fd=parent)
            os.chown(name, uid, gid, dir_fd=parent, follow_symlinks=False)

    def make_node(self, path: str, mode: int, device: int) -> None:
        """Make a device node, such as an overlay's whiteout; see mknod(2)."""
        with self._parent(path) as (parent, name):
            os.mknod(name, mode, device, dir_fd=parent)

    def link_hard(self, existing: str, path: str) -> None:
        """Give a file a second, free name."""
        with self._parent(existing) as (old, source), self._parent(path) as (new, name):
            os.link(source, name, src_dir_fd=old, dst_dir_fd=new, follow_symlinks=False)

    def rename(self, path: str, other: str) -> None:
        """Rename a path; the parents of the new name are made."""
        with self._parent(path) as (old, source), self._parent(other) as (new, name):
            os.rename(source, name, src_dir_fd=old, dst_dir_fd=new)

    def own(self, path: str, *, uid: int, gid: int, mode: int, mtime: int | None = None) -> None:
        """Set the owner, the mode (not of a link), and the modification time of a path."""
        with self._parent(path) as (parent, name):
            os.chown(name, uid, gid, dir_fd=parent, follow_symlinks=False)
            if not self.is_link(path):
                os.chmod(name, mode, dir_fd=parent)
        if mtime is not None:
            self.set_time(path, mtime)

    def set_time(self, path: str, time: int) -> None:
        """Set the modification time of a path, in seconds."""
        if path == "/":
            os.utime(self.place, (time, time))
            return
        with self._parent(path) as (parent, name):
            os.utime(name, (time, time), dir_fd=parent, follow_symlinks=False)

    def remove_attributes(self, path: str, names: Iterable[str]) -> None:
        """Remove extended attributes of a path."""
        with self.opened(path, ITSELF) as descriptor:
            for name in names:
                os.removexattr(f"/proc/self/fd/{descriptor}", name)

    def remove(self, path: str) -> None:
        """Remove a file or link; it need not exist."""
        with contextlib.suppress(FileNotFoundError), self.opened(directory_of(path)) as parent:
            os.unlink(name_in(path), dir_fd=parent)

    def remove_empty(self, path: str) -> bool:
        """Remove a directory if it is empty; returns whether it was."""
        with self.opened(directory_of(path)) as parent:
            try:
                os.rmdir(name_in(path), dir_fd=parent)
            except OSError as fault:
                if fault.errno not in (errno.ENOTEMPTY, errno.EBUSY):
                    raise
                return False
        return True

    @contextmanager
    def _cleared(self, path: str) -> Iterator[tuple[int, str]]:
        with self._parent(path) as (parent, name):
            if self.has(path) and not self.is_link(path) and self.is_directory(path):
                raise QlumodError(f"{path} within the root is a directory")
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=parent)
            yield parent, name

    @contextmanager
    def _parent(self, path: str) -> Iterator[tuple[int, str]]:
        """The parent directory of a path, made if it does not exist, and the path's name."""
        self.make_directory(directory_of(path))
        with self.opened(directory_of(path), os.O_PATH | os.O_DIRECTORY) as parent:
            yield parent, name_in(path)

    def _open(self, path: str, flags: int) -> int:
        top = os.open(self.place, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            return openat2(top, path, flags)
        finally:
            os.close(top)


def _name_of(descriptor: int) -> str:
    return os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 - a magic link
