"""Moving finished packages to their destination."""

from pathlib import Path

from qlumod.system.disk.files import sync
from qlumod.system.disk.refusals import told

PREFIX = ".packaging-"
"""The prefix of the directories in which packages are built, beside the finished ones."""


def move_all(files: tuple[Path, ...], output: Path) -> tuple[Path, ...]:
    """Move finished files into `output`, in their order, each by one rename, and sync them."""
    moved = []
    for file in files:
        with told(output):
            sync(file)
            file.chmod(0o644)
            moved.append(file.rename(output / file.name))
    sync(output)
    return tuple(moved)
