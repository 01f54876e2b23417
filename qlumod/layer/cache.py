"""The cache of built payloads: a directory per identity, which is complete as soon as it exists."""

import contextlib
import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

from qlumod.model.names import Digest
from qlumod.system.disk.directories import make_directories
from qlumod.system.disk.files import sync, sync_all
from qlumod.system.disk.refusals import told
from qlumod.system.disk.staging import staging
from qlumod.system.disk.workshop import WORK

LAYERS = "layers"


def payload_path(cache: Path, identity: Digest) -> Path:
    """The path of the payload of that identity, whether it exists or not."""
    return cache / LAYERS / identity


def commit_payload(payload: Path, cache: Path, identity: Digest) -> Path:
    """Move a built payload to the path of its identity, with one rename."""
    target = payload_path(cache, identity)
    with told(target):
        sync_all(payload.rglob("*"))
        make_directories(target.parent)
        # Another builder on the same shared cache may have been faster; its bytes are the same.
        with contextlib.suppress(FileExistsError), _in_cache(payload, cache, identity) as whole:
            _rename_new(whole, target)
        sync(target.parent)
    return target


@contextlib.contextmanager
def _in_cache(payload: Path, cache: Path, identity: Digest) -> Iterator[Path]:
    """The payload on the file system of the cache: a copy if it was built on another one."""
    with staging(cache / WORK, f"{identity}-whole") as place:
        yield _moved(payload, place / "payload")


def _moved(payload: Path, target: Path) -> Path:
    try:
        return payload.rename(target)
    except OSError as fault:
        if fault.errno != errno.EXDEV:
            raise
    shutil.copytree(payload, target, symlinks=True)
    sync_all(target.rglob("*"))
    return target


def _rename_new(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError as fault:
        if target.is_dir():
            raise FileExistsError(fault.errno, fault.strerror, str(target)) from fault
        raise
