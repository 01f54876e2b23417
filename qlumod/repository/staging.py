"""Making a snapshot out of sight, then showing it by one rename; and taking back what was cut off.

A publication lies in ``.qlumod/staging/<id>/`` until it is whole: ``tree`` is the snapshot to be,
``pool`` holds the new files under their published names. Whatever the commit did not reach can be
told from there, so that the next run takes it back: files of the pool that are the staged ones by
inode, and the snapshot of that name.
"""

import contextlib
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener, Notice, step
from qlumod.model.digests import digest_bytes
from qlumod.repository.entries import Entry, PoolFile
from qlumod.repository.incoming import Incoming
from qlumod.repository.layout import Layout
from qlumod.repository.memory import remembered
from qlumod.repository.plan import replaced
from qlumod.system.files import (
    Sum,
    copy_new,
    file_sum,
    link_new,
    locked,
    make_directories,
    point,
    regular_files,
    remove_empty,
    remove_tree,
    sync_directories,
    told,
    write_new,
)

BY_HASH = "by-hash/SHA256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Staging:
    """A publication in the making."""

    layout: Layout
    identity: str
    suite: str
    date: int
    """The time of its files: servers tell clients by it (to the second) what is new."""

    @property
    def root(self) -> Path:
        """Everything of this publication, gone when it is over."""
        return self.layout.staging / self.identity

    @property
    def pool(self) -> Path:
        """The new files of the pool."""
        return self.root / "pool"

    @property
    def tree(self) -> Path:
        """The snapshot to be."""
        return self.root / "tree"

    @property
    def indexes(self) -> Path:
        """Where Release and the indexes are put."""
        return self.tree / "dists" / self.suite

    @property
    def client(self) -> Path:
        """The private root of the apt client that tries the snapshot."""
        return self.root / "client"


@contextmanager
def opened(layout: Layout, *, wait: float, listen: Listener) -> Iterator[None]:
    """Hold the repository's lock, with the debris of a cut-off publication removed."""
    with told(layout.own):
        make_directories(layout.own)
    with locked(layout.lock, wait=wait, listen=listen):
        recover(layout, listen=listen)
        yield


@contextmanager
def staged(layout: Layout, identity: str, suite: str, date: int) -> Iterator[Staging]:
    """Make room for a publication; what did not become visible is gone after the block."""
    staging = Staging(layout=layout, identity=identity, suite=suite, date=date)
    try:
        with told(staging.indexes):
            make_directories(staging.indexes)
            (staging.tree / "pool").symlink_to("../../pool")
        yield staging
    finally:
        _take_back(layout, identity)


def recover(layout: Layout, *, listen: Listener) -> None:
    """Take back what cut-off publications left."""
    if layout.staging.is_dir():
        for left in sorted(layout.staging.iterdir()):
            listen(Notice(text=f"removing what an interrupted publication left: {left.name}"))
            _take_back(layout, left.name)
    remove_tree(layout.going)
    places = (layout.suites, layout.chunks, layout.sets, layout.proofs)
    for folder in (layout.root, layout.own, *places):
        for beside in sorted(folder.glob(".*.new")):
            beside.unlink(missing_ok=True)


def stage_pool(staging: Staging, incoming: Iterable[Incoming], *, listen: Listener) -> None:
    """Copy the files that the pool does not have; a published name with other bytes is refused."""
    wanted = check_pool(staging.layout, incoming)
    total = sum(file.size for file in wanted)
    with step(listen, "copying into the pool", total=total, unit="bytes") as advance:
        for file, source in sorted(wanted.items()):
            copied = copy_new(source, staging.root / file.path)
            if copied != Sum(size=file.size, sha256=file.sha256):
                raise QlumodError(f"{source} was changed while it was published")
            advance(file.size)


def check_pool(layout: Layout, incoming: Iterable[Incoming]) -> dict[PoolFile, Path]:
    """The files that the pool does not have yet, and where they lie; raises on other bytes."""
    wanted: dict[PoolFile, Path] = {}
    faults: list[QlumodError] = []
    gone = remembered(layout)
    for one in incoming:
        for file, source in zip(one.entry.files, one.sources, strict=True):
            there = layout.root / file.path
            if gone.get(file.path, file) != file:
                faults.append(replaced(file))
            elif not there.exists():
                wanted[file] = source
            elif file_sum(there) != Sum(size=file.size, sha256=file.sha256):
                faults.append(replaced(file))
    faults.extend(_two_contents(wanted))
    raise_faults(faults)
    return wanted


def stage_indexes(staging: Staging, files: Mapping[str, bytes], before: Path | None) -> None:
    """Put the indexes in, each also by its digest, with the earlier ones by theirs."""
    if before is not None:
        _keep_earlier(staging, before)
    for path, data in sorted(files.items()):
        file = staging.indexes / path
        by_hash = file.parent / BY_HASH / digest_bytes(data)
        if not by_hash.exists():
            write_new(by_hash, data, modified=staging.date)
        link_new(by_hash, file)


def stage_release(staging: Staging, files: Mapping[str, bytes]) -> None:
    """Write Release and its signatures, and make everything staged last."""
    for name, data in sorted(files.items()):
        write_new(staging.indexes / name, data, modified=staging.date)
    sync_directories(path for path in (staging.root, *staging.root.rglob("*")) if _is_folder(path))


def check_references(staging: Staging, entries: Iterable[Entry]) -> None:
    """Every file that the indexes name must be in the pool, or staged for it."""
    raise_faults(
        QlumodError(
            f"{file.path} is named by {entry.title}, but is not in the pool",
            remedy="see what else is wrong (qlumod repo check), and restore it from a copy",
        )
        for entry in entries
        for file in entry.files
        if not _has_size(staging.layout.root / file.path, file.size)
        and not _has_size(staging.root / file.path, file.size)
    )


def commit(staging: Staging, *, listen: Listener) -> None:
    """Put pool files and snapshot in their places, then show them by one rename."""
    layout = staging.layout
    new = list(regular_files(staging.pool))
    with step(listen, "linking into the pool", total=len(new), unit="files") as advance:
        for path in new:
            link_new(staging.pool / path, layout.pool / path)
            advance(1)
        _sync_new(layout.pool, new)
    with step(listen, "placing the snapshot"), told(layout.snapshots):
        make_directories(layout.snapshots)
        staging.tree.rename(layout.snapshot(staging.identity))
        sync_directories([layout.snapshots, staging.root])
    with step(listen, f"switching {staging.suite} to {staging.identity}"), told(layout.suites):
        make_directories(layout.suites)
        point(layout.link(staging.suite), layout.target(staging.identity, staging.suite))


def _take_back(layout: Layout, identity: str) -> None:
    staging = layout.staging / identity
    if not _is_shown(layout, identity):
        for path in regular_files(staging / "pool"):
            _unlink_same(staging / "pool" / path, layout.pool / path)
            remove_empty((layout.pool / path).parent, below=layout.root)
        remove_tree(layout.snapshot(identity))
    remove_tree(staging)


def _is_shown(layout: Layout, identity: str) -> bool:
    return any(
        link.is_symlink() and str(link.readlink()) == layout.target(identity, link.name)
        for link in map(layout.link, layout.suite_names())
    )


def _unlink_same(staged: Path, published: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if published.samefile(staged):
            published.unlink()


def _two_contents(wanted: Iterable[PoolFile]) -> list[QlumodError]:
    """Two packages of one publication that bring one file name, such as an orig tarball."""
    first: dict[str, PoolFile] = {}
    return [
        QlumodError(f"{file.path} is to be published twice, with different bytes")
        for file in sorted(wanted)
        if first.setdefault(file.path, file) != file
    ]


def _keep_earlier(staging: Staging, before: Path) -> None:
    for file in sorted(before.glob(f"**/{BY_HASH}/*")):
        link_new(file, staging.indexes / file.relative_to(before))


def _sync_new(pool: Path, new: Iterable[Path]) -> None:
    """Make the names of new files last, and those of the directories made for them."""
    folders = {parent for path in new for parent in (pool / path).parents}
    sync_directories(folder for folder in folders if pool == folder or pool in folder.parents)


def _has_size(path: Path, size: int) -> bool:
    try:
        found = path.stat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size == size


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
