"""Trees so deep that no path names their end."""

import os
from pathlib import Path

LEVELS = 3000
"""More than Python calls functions in each other, and than PATH_MAX has room for names."""


def make_deep(top: Path, *, levels: int = LEVELS, name: str = "d") -> None:
    """Make directories in each other, and a file in the last one."""
    top.mkdir(parents=True)
    at = os.open(top, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir(name, dir_fd=at)
        below = os.open(name, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=at))
    os.close(at)
