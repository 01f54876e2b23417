"""Temporary directories below TMPDIR; those of killed processes are removed first."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from qlumod.system.disk.ownership import require_safe_for_temporary
from qlumod.system.disk.process_stamp import abandoned, maker
from qlumod.system.disk.removal import clear_directory

_PREFIX = "qlumod-"


@contextmanager
def scratch(below: Path | None = None) -> Iterator[Path]:
    """A new empty directory, below TMPDIR by default; removed at the end."""
    parent = below or Path(tempfile.gettempdir())
    require_safe_for_temporary(parent)
    _remove_debris(parent)
    directory = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{maker()}@", dir=parent))
    try:
        yield directory
    finally:
        clear_directory(directory)


def _remove_debris(parent: Path) -> None:
    """Remove the directories of processes that were killed."""
    for directory in sorted(parent.glob(f"{_PREFIX}*@*@*")):
        with suppress(OSError):
            made_by = directory.name.removeprefix(_PREFIX).rpartition("@")[0]
            if directory.lstat().st_uid == os.geteuid() and abandoned(directory, made_by):
                clear_directory(directory)
