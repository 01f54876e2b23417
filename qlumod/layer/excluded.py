"""Paths that are left out of a layer: removed after all scripts have run, whoever made them.

An installer may leave out excluded directories, and a script that makes a link in
/usr/share/man/man1 fails then. So all directories that this module or one below leaves out exist
while packages are installed, and are removed afterwards. The files that scripts write at excluded
paths are removed, too: many are made of files that were left out, as /usr/share/info/dir is.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from qlumod.layer.job import Job
from qlumod.layer.task import Task
from qlumod.model.tree import TreeEntry
from qlumod.packaging.path_filters import PathFilters
from qlumod.state.kind import canonical_path
from qlumod.system.disk.tree_scan import scan
from qlumod.system.disk.within import Root


def filters_of(job: Job) -> PathFilters:
    """The excludes and includes of release and spec."""
    release, spec = job.project.release, job.spec
    return PathFilters(
        excludes=(*release.excludes, *spec.exclude), includes=(*release.includes, *spec.include)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BelowModule:
    """The stack over which a module is installed."""

    view: Root
    """Shows it before the installation."""
    left_out: frozenset[str] = frozenset()
    """The paths that its modules left out."""
    restored: Collection[str] = ()
    """Those of them that the spec has restored."""


def make_excluded(task: Task, root: Root, below: BelowModule) -> None:
    """Make the directories of the packages in a root that were left out.

    An installer that finds one missing, and makes it with another package, may remove it from the
    file lists of the packages that had it, as dpkg does (its src/main/archives.c,
    FNNF_ELIDE_OTHER_LISTS).
    """
    excluded = _excluded(filters_of(task.job), _parents(task, root))
    for path in sorted({*excluded, *_laid(task, root, below)}):
        root.make_directory(path)


def remove_excluded(task: Task, root: Root, tree: Root, below: BelowModule | None) -> None:
    """Remove the files, links and directories that are excluded, from a module's addition (`tree`).

    A directory is kept if anything in it is. All paths stay that existed below, before the packages
    were installed; so do restored paths and shared state.
    """
    filters, table = filters_of(task.job), task.packaging.state
    own = {path for paths in task.file_lists(root).values() for path in paths}
    brought = {canonical_path(path) for path in own if not filters.leave_out(path)}
    excluded = {*_excluded(filters, own), *_excluded(filters, _parents(task, root))}
    laid = _laid(task, root, below)

    def goes(path: str, entry: TreeEntry) -> bool:
        return path not in brought and (
            path in excluded
            or filters.leave_out_made(path, directory=entry.type in "dl")
            or (entry.type == "d" and path in laid)
        )

    added = {
        path: entry
        for path, entry in scan(tree.place, digests=False).items()
        if goes(path, entry) and not table.rule_of(path, entry.target)
        if not (below and _is_kept(path, below))
    }
    for path, entry in added.items():
        if entry.type != "d":
            root.remove(path)
    for path in reversed(added):
        if added[path].type == "d":
            root.remove_empty(path)


def _is_kept(path: str, below: BelowModule) -> bool:
    return path in below.restored or below.view.has(path)


def _laid(task: Task, root: Root, below: BelowModule | None) -> set[str]:
    """The directories of packages in a root that modules below have left out."""
    left_out = below.left_out if below else frozenset()
    return {path for path in map(canonical_path, _parents(task, root)) if path in left_out}


def _parents(task: Task, root: Root) -> set[str]:
    """The directories of all packages in a root, found as parents of their paths."""
    lists = task.packaging.database.file_lists(root)
    return {str(PurePosixPath(path).parent) for paths in lists.values() for path in paths}


def _excluded(filters: PathFilters, paths: Iterable[str]) -> Iterator[str]:
    """Those that are excluded, in canonical form; links and directories are left to includes."""
    for path in paths:
        if filters.leave_out(path) and not filters.needs_directory(path):
            yield canonical_path(path)
