"""Following paths within a root, never out of it, whatever links a package has put there."""

import os
import stat
from pathlib import Path

from qlumod.errors import QlumodError

LINKS = 40
"""As many links as the kernel follows (path_resolution(7))."""


def inside(root: Path, path: str) -> Path:
    """Follow a path to a directory, or to where one may be made; raises for anything else."""
    done = followed(root, path)
    if os.path.lexists(done) and not stat.S_ISDIR(done.lstat().st_mode):
        raise QlumodError(f"{path} within the root is no directory")
    return done


def followed(root: Path, path: str) -> Path:
    """Follow a path as a program in that root would: links lead to places below the root."""
    done = root
    left = [part for part in reversed(path.split("/")) if part]
    links = 0
    while left:
        part = left.pop()
        if part in (".", ".."):
            done = done.parent if part == ".." and done != root else done
            continue
        step = done / part
        if step.is_symlink():
            links += 1
            if links > LINKS:
                raise QlumodError(f"{path} within the root is a circle of links")
            target = str(step.readlink())
            done = root if target.startswith("/") else done
            left += [piece for piece in reversed(target.split("/")) if piece]
        else:
            done = step
    return done
