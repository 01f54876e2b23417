"""The layers that stacks use, each once, by digest: they survive an upgrade of their packages."""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.head.places import Places
from qlumod.model.manifest import PayloadFile
from qlumod.model.names import Digest
from qlumod.system.disk.directories import make_directories
from qlumod.system.disk.files import copy_new, sync
from qlumod.system.disk.refusals import told
from qlumod.system.disk.regular_files import file_sum

SUFFIX = ".squashfs"
_FICLONE = 0x40049409
"""The ioctl that shares blocks between two files (ioctl_ficlone(2))."""
_NO_LINK = (errno.EXDEV, errno.EMLINK, errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS)


def layer_path(places: Places, digest: Digest) -> Path:
    """The path of a layer, whether it exists or not."""
    return places.layers / f"{digest}{SUFFIX}"


def keep_layer(places: Places, source: Path, file: PayloadFile) -> Path:
    """Add a layer to the pool and check its digest; returns its path.

    `source` is a payload's file that was verified. If it is that of the pool, it is not read again.
    """
    target = layer_path(places, file.sha256)
    if target.exists() and _is_as(target, source, file):
        return target
    make_directories(places.layers)
    beside = target.with_name(f".{target.name}.new")
    with told(target):
        beside.unlink(missing_ok=True)
    take(source, beside, file)
    with told(target):
        beside.rename(target)
        sync(target.parent)
    return target


def _is_as(target: Path, source: Path, file: PayloadFile) -> bool:
    return target.samefile(source) or file_sum(target).sha256 == file.sha256


def take(source: Path, target: Path, file: PayloadFile) -> None:
    """Link or copy a payload's file: a hard link, else shared blocks, else a copy."""
    if not _linked(source, target) and not _cloned(source, target):
        copy_new(source, target)
    if file_sum(target).sha256 != file.sha256:
        target.unlink()
        raise QlumodError(
            f"{source} is damaged: its SHA-256 is not the manifest's",
            remedy="run `qlumod register --thorough`, and install its package again",
        )


def collect_idle(places: Places, used: Iterable[Digest]) -> tuple[Path, ...]:
    """Remove the layers that no stack uses, and incomplete ones; returns the removed paths."""
    kept = {layer_path(places, digest).name for digest in used}
    idle = tuple(sorted(path for path in places.layers.glob("*") if path.name not in kept))
    idle += tuple(path for path in sorted(places.layers.glob(".*.new")) if path not in idle)
    for path in idle:
        with told(path, "remove"):
            path.unlink()
    return idle


def _linked(source: Path, target: Path) -> bool:
    with told(target):
        try:
            os.link(source, target, follow_symlinks=False)
        except OSError as refusal:
            if refusal.errno not in _NO_LINK:
                raise
            return False
    return True


def _cloned(source: Path, target: Path) -> bool:
    with told(target):
        try:
            with source.open("rb") as reading, target.open("xb") as writing:
                fcntl.ioctl(writing.fileno(), _FICLONE, reading.fileno())
                os.fchmod(writing.fileno(), 0o644)
                os.fsync(writing.fileno())
        except OSError:
            with contextlib.suppress(FileNotFoundError):
                target.unlink()
            return False
    return True
