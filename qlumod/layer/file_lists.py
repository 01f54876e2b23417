"""The lists of paths that dpkg keeps of the packages in a root."""

import os

from qlumod.errors import QlumodError
from qlumod.layer.job import Job
from qlumod.layer.owners import INFO, FileLists
from qlumod.system.disk.within import Root


def listed_by_dpkg(root: Root, package: str, architecture: str = "*") -> tuple[str, ...]:
    """The paths of an installed package, as its .deb has them; empty where it is not installed.

    Packages with Multi-Arch: same carry their architecture in the name of the list.
    """
    for pattern in (f"{package}.list", f"{package}:{architecture}.list"):
        for path in root.matching(f"{INFO}{pattern}"):
            return _paths_in(root, path)
    return ()


def file_lists(root: Root, job: Job) -> FileLists:
    """The paths of each package of a module."""
    return {p.package: listed_by_dpkg(root, p.package, p.architecture) for p in job.packages}


def all_file_lists(root: Root) -> FileLists:
    """The paths of each package in a root."""
    return {
        path.removeprefix(INFO).removesuffix(".list").partition(":")[0]: _paths_in(root, path)
        for path in root.matching(f"{INFO}*.list")
    }


def _paths_in(root: Root, path: str) -> tuple[str, ...]:
    if not root.is_file(path):
        raise QlumodError(
            f"{path}: it is no file, and nobody knows which paths the package has",
            remedy="see which package takes it away, and have it mended or leave it out",
        )
    lines = os.fsdecode(root.read(path)).split("\n")
    return tuple(line for line in lines if line not in ("", "/."))
