"""Errors of the operating system, with the path and a remedy."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qlumod.errors import QlumodError

_REMEDIES = {
    errno.ENOSPC: "make room on that file system, and run it again",
    errno.EDQUOT: "make room or raise the quota, and run it again",
    errno.EROFS: "mount that file system writable",
    errno.EACCES: "run it as a user who may write there",
    errno.EPERM: "run it as a user who may write there",
    errno.EXDEV: "have both places on one file system, without a mount between them",
    errno.ELOOP: "it is a symbolic link: remove it, or put there what it points at",
}


@contextmanager
def told(path: Path, doing: str = "write") -> Iterator[None]:
    """Turn an OSError into an error that names the path, and how to mend it."""
    try:
        yield
    except OSError as fault:
        reason = os.strerror(fault.errno) if fault.errno else str(fault)
        raise QlumodError(
            f"cannot {doing} {path}: {reason}", remedy=_REMEDIES.get(fault.errno or 0, "")
        ) from fault
