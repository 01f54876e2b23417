"""What the patterns of release and spec exclude: gone in the end, but not while scripts run.

dpkg unpacks no directory that is excluded, and a script that links a page into /usr/share/man/man1
fails. So all excluded directories are there while packages are installed, and go afterwards.
"""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from qlumod.layer.file_lists import all_file_lists, file_lists
from qlumod.layer.job import Job
from qlumod.layer.owners import PathFilters
from qlumod.state.kind import canonical_path
from qlumod.system.disk.within import Root

DIRECTORIES = "/*/qlumod-needs-directories"
"""A path-include pattern that fits nothing. Since a directory might hold what fits it, as far as
the pattern's first wildcard tells, dpkg unpacks all directories and links that are excluded
(dpkg's src/main/filters.c, filter_should_skip)."""


def filters_of(job: Job) -> PathFilters:
    """What release and spec exclude and include."""
    release, spec = job.project.release, job.spec
    return PathFilters(
        excludes=(*release.excludes, *spec.exclude), includes=(*release.includes, *spec.include)
    )


def make_excluded(job: Job, root: Root) -> None:
    """Make the excluded directories of the packages that are in a root already.

    Where dpkg finds one missing, and unpacks it with another package, it takes it out of the lists
    of the packages that had it (dpkg's src/main/archives.c, FNNF_ELIDE_OTHER_LISTS).
    """
    for path in sorted(_directories(job, root)):
        root.make_directory(path)


def remove_excluded(job: Job, root: Root, *, below: Root | None) -> None:
    """Remove the links and the directories that dpkg was to leave out.

    A directory stays that a script has put something into, and all that was there `below`, before
    the packages came.
    """
    own = (path for paths in file_lists(root, job).values() for path in paths)
    excluded = {*_excluded(filters_of(job), own), *_directories(job, root)}
    mine = sorted(path for path in root.present(excluded) if not (below and below.has(path)))
    for path in mine:
        if root.is_link(path):
            root.remove(path)
    for path in reversed(mine):
        if root.is_directory(path):
            root.remove_empty(path)


def _directories(job: Job, root: Root) -> set[str]:
    """The excluded directories of all packages in a root: what lies in them tells."""
    listed = (path for paths in all_file_lists(root).values() for path in paths)
    parents = {str(PurePosixPath(path).parent) for path in listed}
    return set(_excluded(filters_of(job), parents))


def _excluded(filters: PathFilters, paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        if filters.leave_out(path) and not filters.needs_directory(path):
            yield canonical_path(path)
