"""Paths excluded by the patterns of release and spec: removed after all scripts have run.

An installer may leave out excluded directories, and a script that makes a link in
/usr/share/man/man1 fails then. So all excluded directories exist while packages are installed, and
are removed afterwards.
"""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from qlumod.layer.job import Job
from qlumod.layer.task import Task
from qlumod.packaging.path_filters import PathFilters
from qlumod.state.kind import canonical_path
from qlumod.system.disk.within import Root


def filters_of(job: Job) -> PathFilters:
    """The excludes and includes of release and spec."""
    release, spec = job.project.release, job.spec
    return PathFilters(
        excludes=(*release.excludes, *spec.exclude), includes=(*release.includes, *spec.include)
    )


def make_excluded(task: Task, root: Root) -> None:
    """Make the excluded directories of the packages that are in a root already.

    An installer that finds one missing, and makes it with another package, may remove it from the
    file lists of the packages that had it, as dpkg does (its src/main/archives.c,
    FNNF_ELIDE_OTHER_LISTS).
    """
    for path in sorted(_directories(task, root)):
        root.make_directory(path)


def remove_excluded(task: Task, root: Root, *, below: Root | None) -> None:
    """Remove the links and the directories that are excluded.

    A directory into which a script has written is kept, and so are all paths that existed `below`,
    before the packages were installed.
    """
    own = (path for paths in task.file_lists(root).values() for path in paths)
    excluded = {*_excluded(filters_of(task.job), own), *_directories(task, root)}
    mine = sorted(path for path in root.present(excluded) if not (below and below.has(path)))
    for path in mine:
        if root.is_link(path):
            root.remove(path)
    for path in reversed(mine):
        if root.is_directory(path):
            root.remove_empty(path)


def _directories(task: Task, root: Root) -> set[str]:
    """The excluded directories of all packages in a root, found as parents of their paths."""
    lists = task.packaging.database.file_lists(root)
    parents = {str(PurePosixPath(path).parent) for paths in lists.values() for path in paths}
    return set(_excluded(filters_of(task.job), parents))


def _excluded(filters: PathFilters, paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        if filters.leave_out(path) and not filters.needs_directory(path):
            yield canonical_path(path)
