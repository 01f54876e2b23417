"""Staging a snapshot, making it visible by one rename, and reverting interrupted publications.

A publication is in ``.qlumod/staging/<id>/`` until it is complete: ``tree`` is the new snapshot,
``pool`` has the new files by their published names. If a commit is interrupted, the next run finds
there what to revert: the files of the pool that have the inodes of the staged ones, and the
snapshot of that name.
"""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener, Notice, step
from qlumod.repository.format.index_entries import PoolFile
from qlumod.repository.format.layout import Layout
from qlumod.repository.format.retired_names import remembered
from qlumod.repository.publishing.package_files import Incoming
from qlumod.repository.rules.suite_plan import SuitePlan, replaced
from qlumod.system.disk.directories import make_directories
from qlumod.system.disk.files import copy_new, link_all, link_new, sync_all, write_unsynced
from qlumod.system.disk.refusals import told
from qlumod.system.disk.regular_files import Sum, file_sum
from qlumod.system.processes.command import command
from qlumod.system.processes.run import run

BY_HASH = "by-hash/SHA256"
FEW = 500
"""The maximum number of files that are synced one by one; otherwise the file system is synced.

30 files, as of one package, take 0.03 s one by one, and 0.14 s with a sync of the file system,
which includes all other pending writes; 2,000 files take 0.36 s and 0.08 s.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staging:
    """An unfinished publication."""

    layout: Layout
    identity: str
    suite: str
    date: int
    """The mtime of its files: servers use it (in seconds) to tell clients what is new."""
    fresh: list[Path] = field(default_factory=list)
    """The files that were written and are not synced yet."""

    @property
    def root(self) -> Path:
        """The directory of this publication, removed at its end."""
        return self.layout.staging / self.identity

    @property
    def pool(self) -> Path:
        """The new files of the pool."""
        return self.root / "pool"

    @property
    def tree(self) -> Path:
        """The new snapshot."""
        return self.root / "tree"

    @property
    def indexes(self) -> Path:
        """The directory of Release and the indexes."""
        return self.tree / "dists" / self.suite

    @property
    def chunks(self) -> Path:
        """New chunks of indexes."""
        return self.root / "chunks"

    @property
    def client(self) -> Path:
        """The private root of the apt client that tests the snapshot."""
        return self.root / "client"


@contextmanager
def opened(layout: Layout, *, wait: float, listen: Listener) -> Iterator[None]:
    """Hold the repository's lock; first remove the files of interrupted publications."""
    layout.require_own()
    layout.require_one_file_system()
    layout.files.make(layout.own)
    with layout.files.locked(layout.lock, wait=wait, listen=listen):
        recover(layout, listen=listen)
        yield


@contextmanager
def staged(layout: Layout, identity: str, suite: str, date: int) -> Iterator[Staging]:
    """Make the directories of a publication; after the block, uncommitted files are removed."""
    staging = Staging(layout=layout, identity=identity, suite=suite, date=date)
    try:
        # A new directory where nobody else may write: paths in it need no check for links.
        layout.files.make_new(staging.root)
        with told(staging.indexes):
            make_directories(staging.indexes, sync=False)
            (staging.tree / "pool").symlink_to("../../pool")
        yield staging
    finally:
        _take_back(layout, identity)


def recover(layout: Layout, *, listen: Listener) -> None:
    """Revert interrupted publications."""
    for left in layout.files.names(layout.staging):
        listen(Notice(text=f"removing what an interrupted publication left: {left}"))
        _take_back(layout, left)
    layout.files.remove_tree(layout.going)
    places = (layout.suites, layout.chunks, layout.sets, layout.proofs)
    for folder in (layout.root, layout.own, *places):
        for name in layout.files.names(folder):
            if name.startswith(".") and name.endswith(".new"):
                layout.files.unlink(folder / name)


def stage_pool(staging: Staging, wanted: Mapping[PoolFile, Path], *, listen: Listener) -> None:
    """Copy the files that the pool lacks, as `check_pool` returns them."""
    total = sum(file.size for file in wanted)
    with step(listen, "copying into the pool", total=total, unit="bytes") as advance:
        for file, source in sorted(wanted.items()):
            staging.fresh.append(target := staging.root / file.path)
            if copy_new(source, target, sync=False) != Sum(size=file.size, sha256=file.sha256):
                raise QlumodError(f"{source} was changed while it was published")
            advance(file.size)


def check_pool(layout: Layout, incoming: Iterable[Incoming]) -> dict[PoolFile, Path]:
    """The files that the pool lacks, and their paths; raises if the pool has other bytes."""
    wanted: dict[PoolFile, Path] = {}
    faults: list[QlumodError] = []
    gone = remembered(layout)
    for one in incoming:
        for file, source in zip(one.entry.files, one.sources, strict=True):
            there = layout.root / file.path
            if gone.get(file.path, file) != file:
                faults.append(replaced(file, one.entry.version))
            elif not there.exists():
                wanted[file] = source
            elif file_sum(there) != Sum(size=file.size, sha256=file.sha256):
                faults.append(replaced(file, one.entry.version))
    faults.extend(_two_contents(wanted))
    raise_faults(faults)
    return wanted


def stage_index(staging: Staging, path: str, parts: Iterable[bytes]) -> Sum:
    """Add an index, also by its digest; earlier by-hash files must exist already."""
    file = staging.indexes / path
    found = write_unsynced(file, parts, modified=staging.date)
    by_hash = file.parent / BY_HASH / found.sha256
    if by_hash.exists():
        file.unlink()
        link_new(by_hash, file, sync=False)
    else:
        link_new(file, by_hash, sync=False)
        staging.fresh.append(file)
    return found


def stage_again(staging: Staging, path: str, other: str, found: Sum) -> None:
    """Add an index with the same bytes as one that was added."""
    file = staging.indexes / path
    by_hash = file.parent / BY_HASH / found.sha256
    if not by_hash.exists():
        link_new(staging.indexes / other, by_hash, sync=False)
    link_new(by_hash, file, sync=False)


def stage_file(staging: Staging, name: str, data: bytes) -> Sum:
    """Add Release, or a file in the same directory."""
    staging.fresh.append(staging.indexes / name)
    return write_unsynced(staging.indexes / name, [data], modified=staging.date)


def unsynced(staging: Staging) -> list[Path]:
    """The paths that must be synced before the commit."""
    folders = (Path(folder) for folder, _, _ in os.walk(staging.root))
    return [*staging.fresh, *staging.chunks.glob("*"), *folders]


def sync_staged(staging: Staging, paths: Sequence[Path]) -> None:
    """Sync all staged files: one by one, or by a sync of the whole file system."""
    if len(paths) <= FEW:
        sync_all(paths)
    else:
        run(command("sync", "--file-system", staging.root))


def check_references(
    staging: Staging, files: Iterable[tuple[str, int]], planned: SuitePlan
) -> None:
    """Raise for each file that the indexes name and that is neither in the pool nor staged."""
    tops = (str(staging.layout.root), str(staging.root))
    missing = {
        path for path, size in files if not any(_has_size(f"{top}/{path}", size) for top in tops)
    }
    raise_faults(
        QlumodError(
            f"{file.path} is named by {entry.title}, but is not in the pool",
            remedy="see what else is wrong (qlumod repo check), and restore it from a copy",
        )
        for entry in (planned.entries() if missing else ())
        for file in entry.files
        if file.path in missing
    )


def commit(staging: Staging, *, listen: Listener) -> None:
    """Move pool files and snapshot to their places, then make them visible by one rename."""
    layout = staging.layout
    new = _folders(staging.pool)
    total = sum(map(len, new.values()))
    with step(listen, "linking into the pool", total=total, unit="files") as advance:
        for folder, names in new.items():
            layout.files.link_all(staging.pool / folder, layout.pool / folder, names)
            advance(len(names))
    with step(listen, "placing the snapshot"):
        layout.files.make(layout.snapshots)
        layout.files.rename(staging.tree, layout.snapshot(staging.identity))
        placed = [layout.pool / folder for folder in new]
        sync_all([layout.pool, *placed, layout.snapshots, staging.root])
    with step(listen, f"switching {staging.suite} to {staging.identity}", id="switching-the-suite"):
        layout.files.make(layout.suites)
        target = layout.target(staging.identity, staging.suite)
        layout.files.point(layout.link(staging.suite), target)


def _take_back(layout: Layout, identity: str) -> None:
    staging = layout.staging / identity
    if not _is_shown(layout, identity):
        for path in layout.files.regular_files(staging / "pool"):
            published = layout.pool / path
            layout.files.unlink_same(published, staging / "pool" / path)
            layout.files.remove_empty(published.parent, below=layout.root)
        layout.files.remove_tree(layout.snapshot(identity))
    layout.files.remove_tree(staging)


def _is_shown(layout: Layout, identity: str) -> bool:
    return any(
        link.is_symlink() and str(link.readlink()) == layout.target(identity, link.name)
        for link in map(layout.link, layout.suite_names())
    )


def _two_contents(wanted: Iterable[PoolFile]) -> list[QlumodError]:
    """An error for each file name, such as of an orig tarball, that has two different contents."""
    first: dict[str, PoolFile] = {}
    return [
        QlumodError(f"{file.path} is to be published twice, with different bytes")
        for file in sorted(wanted)
        if first.setdefault(file.path, file) != file
    ]


def keep_earlier(staging: Staging, before: Path) -> None:
    """Link the by-hash indexes of an earlier snapshot, for clients that have its InRelease."""
    for folder, _, names in os.walk(before):
        if folder.endswith(BY_HASH):
            there = Path(folder)
            link_all(there, staging.indexes / there.relative_to(before), sorted(names))


def _folders(top: Path) -> dict[Path, list[str]]:
    """The files of each directory, including empty directories."""
    return {
        Path(folder).relative_to(top): sorted(names) for folder, _, names in sorted(os.walk(top))
    }


def _has_size(path: str, size: int) -> bool:
    try:
        found = os.stat(path)  # noqa: PTH116 - quick: there may be 100,000 of them
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size == size
