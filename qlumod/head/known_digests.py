"""A cache of file digests by the files' metadata, so that a trigger need not read all files.

A file is identified by its size, inode, mtime and ctime. The kernel sets ctime whenever data or
attributes change, so a file with the same metadata is unchanged (except on a failing disk:
``qlumod register --thorough`` reads all files again).
"""

import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
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
"""The number of parallel readers: more would make a disk slower."""


@dataclass(frozen=True, slots=True)
class FileLook:
    """The metadata of a file; as long as they are the same, the file is unchanged."""

    size: int
    inode: int
    modified: int
    changed: int

    @classmethod
    def at(cls, status: os.stat_result) -> "FileLook":
        """The metadata in a result of stat(2); times are in nanoseconds."""
        return cls(status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns)


KnownDigests = Mapping[str, tuple[FileLook, Digest]]
"""The digests of files by path, with their metadata when they were read."""


def digests_of(files: Sequence[Path], known: KnownDigests, listen: Listener) -> KnownDigests:
    """The digests of files; reads those with changed metadata. Unreadable files have no digest."""
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
            # A file that changed while it was read is read again the next time.
            if digest is not None and _look(path) == looks[path]:
                same[str(path)] = (looks[path], digest)
    return same


def after_links(known: KnownDigests, files: Iterable[Path]) -> KnownDigests:
    """The digests after this run made further links to files, which changes their ctime.

    Else the next run would read these files again.
    """
    found = dict(known)
    for path in files:
        look = _look(path)
        before, digest = known.get(str(path), (None, None))
        if look is None or before is None or digest is None:
            continue
        if replace(before, changed=look.changed) == look:
            found[str(path)] = (look, digest)
    return found


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
    """Write the cache; if it is lost, it is made again."""
    rows = [
        f"{digest} {look.size} {look.inode} {look.modified} {look.changed} {name}"
        for name, (look, digest) in sorted(known.items())
    ]
    write_whole(path, written([("Format", "1"), ("Files", rows)]).encode())


def remembered_digests(path: Path) -> KnownDigests:
    """Read what `remember_digests` wrote; empty if it cannot be read."""
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
