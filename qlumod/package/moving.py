"""Moving finished packages to where people look for them."""

from pathlib import Path

from qlumod.system.disk.files import sync
from qlumod.system.disk.refusals import told

PREFIX = ".packaging-"
"""How the directories are named that packages are built in, beside the finished ones."""


def move_all(files: tuple[Path, ...], output: Path) -> tuple[Path, ...]:
    """Move finished files into `output`, in their order, each by one rename and lasting."""
    moved = []
    for file in files:
        with told(output):
            sync(file)
            file.chmod(0o644)
            moved.append(file.rename(output / file.name))
    sync(output)
    return tuple(moved)
