"""The digests of files, remembered by how the files look, so that a trigger need not read all.

A file is known by its size, inode, and times of change: the kernel sets ctime itself whenever data
or attributes change, so that a file that looks as it did is as it was (but for a failing disk:
``qlumod register --thorough`` reads everything again).
"""

import os
import stat
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener, step
from qlumod.model.document import written
from qlumod.model.lines import lines_of
from qlumod.model.names import Digest
from qlumod.model.numbers import number
from qlumod.system.disk.documents import read_document
from qlumod.system.disk.files import write_whole
from qlumod.system.disk.regular_files import file_sum

READERS = 4
"""More readers at once make a disk slower, not faster."""


@dataclass(frozen=True, slots=True)
class FileLook:
    """How a file looks; as long as it looks the same, it is the same."""

    size: int
    inode: int
    modified: int
    changed: int

    @classmethod
    def at(cls, status: os.stat_result) -> "FileLook":
        """Take what stat(2) says; times in nanoseconds."""
        return cls(status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns)


KnownDigests = Mapping[str, tuple[FileLook, Digest]]
"""The digests of files by path, with how they looked when they were read."""


def digests_of(files: Sequence[Path], known: KnownDigests, listen: Listener) -> KnownDigests:
    """Read the files that are not known as they look now; a file that cannot be read has none."""
    looks = {path: look for path in files if (look := _look(path)) is not None}
    same = {
        str(path): known[str(path)]
        for path, look in looks.items()
        if known.get(str(path), (None, None))[0] == look
    }
    changed = [path for path in looks if str(path) not in same]
    if not changed:
        return same
    total = sum(looks[path].size for path in changed)
    with (
        step(listen, "verifying modules", total=total, unit="bytes") as advance,
        ThreadPoolExecutor(READERS) as readers,
    ):
        for path, digest in zip(changed, readers.map(_digest, changed), strict=True):
            advance(looks[path].size)
            # A file that changed while it was read is read again next time.
            if digest is not None and _look(path) == looks[path]:
                same[str(path)] = (looks[path], digest)
    return same


def _digest(path: Path) -> Digest | None:
    try:
        return file_sum(path).sha256
    except QlumodError:
        return None


def _look(path: Path) -> FileLook | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    return FileLook.at(status) if stat.S_ISREG(status.st_mode) else None


def remember_digests(path: Path, known: KnownDigests) -> None:
    """Write down the digests that were found; only a shortcut, and made again when it is lost."""
    rows = [
        f"{digest} {look.size} {look.inode} {look.modified} {look.changed} {name}"
        for name, (look, digest) in sorted(known.items())
    ]
    write_whole(path, written([("Format", "1"), ("Files", rows)]).encode())


def remembered_digests(path: Path) -> KnownDigests:
    """Read what `remember_digests` wrote; nothing where it cannot be read."""
    try:
        lines = lines_of(read_document(path))
        if lines[:2] != ["Format: 1", "Files:"]:
            return {}
        return dict(_remembered_row(line) for line in lines[2:])
    except (ValueError, QlumodError):
        return {}


def _remembered_row(line: str) -> tuple[str, tuple[FileLook, Digest]]:
    digest, size, inode, modified, changed, name = line.strip().split(" ", 5)
    return name, (FileLook(*map(number, (size, inode, modified, changed))), Digest(digest))
