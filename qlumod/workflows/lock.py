"""Lock and fetch: from specs to exact packages, and those into the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.events import Caution, Listener, Notice, ignore
from qlumod.lock.fetching.fetch import Fetched
from qlumod.lock.rules.lock_changes import LockDifference, compiled_anew, difference
from qlumod.lock.rules.module_versions import Revision
from qlumod.lock.verbs.fetch_locked import fetch_locked, to_fetch
from qlumod.lock.verbs.lock_files import (
    lock_path,
    locked_project,
    old_lock,
    project_for,
    write_lock,
)
from qlumod.lock.verbs.open_archives import open_archives
from qlumod.lock.verbs.solve_lock import Wish, solved_lock
from qlumod.model.lock import Lock
from qlumod.model.names import ModuleName
from qlumod.packaging.recorded_tools import require_same_host
from qlumod.workflows.predecessors import Base, Numbering, fetch_predecessors, revise
from qlumod.workflows.workplace import Workplace

AS_IT_IS = Wish()
"""Only required moves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """The result of `lock`, or its plan."""

    path: Path
    lock: Lock
    difference: LockDifference
    changed: bool
    """Whether the lock file has changed."""
    revisions: tuple[Revision, ...] = ()
    """The version of each module, and the reason."""


def lock(
    place: Workplace,
    wish: Wish = AS_IT_IS,
    *,
    base: Base | None = None,
    dry_run: bool = False,
    listen: Listener = ignore,
) -> Locked:
    """Solve all modules and write the lock.

    Their versions follow what is published at `base`.
    """
    project, wanted = project_for(place)
    path = lock_path(place.specs, project.release, wanted)
    old = old_lock(place, project, wanted)
    if old and not (dry_run or wish.move_host):
        require_same_host(old, project.release.packaging_of(wanted.flavor))
    with open_archives(place, project.release, wanted) as archives:
        project, new = solved_lock(archives, project, old, wish, listen=listen)
    new, revisions = revise(
        new,
        old,
        project,
        by=Numbering(
            base=base, raised=[project.spec(ModuleName(name)).module for name in wish.raised]
        ),
        store=place.packages,
        listen=listen,
    )
    found = difference(old, new.packages)
    _announce(found, old, new, listen)
    changed = write_lock(place.specs, path, new, dry_run=dry_run)
    return Locked(path=path, lock=new, difference=found, changed=changed, revisions=revisions)


def _announce(found: LockDifference, old: Lock | None, new: Lock, listen: Listener) -> None:
    """Report what a build will compile because of the lock, and what changed under its version."""
    for text in compiled_anew(old, new):
        listen(Notice(text=text))
    for moved in found.moved:
        if moved.old.version == moved.new.version and not moved.new.generated:
            listen(Caution(text=f"{moved}, in the archive {moved.new.archive}"))


def fetch_modules(
    place: Workplace,
    modules: Sequence[str] = (),
    *,
    base: Base | None = None,
    dry_run: bool = False,
    listen: Listener = ignore,
) -> Fetched:
    """Fetch the locked packages that the store lacks, of all modules or of those named.

    The texts of their predecessors are read from the repository at `base` if the store lacks them.
    """
    project, locked = locked_project(place, modules)
    if dry_run:
        return to_fetch(place, locked, modules)
    fetch_predecessors(
        locked,
        project.release,
        [ModuleName(name) for name in modules] or [spec.module for spec in project.specs],
        base=base,
        store=place.packages,
        listen=listen,
    )
    return fetch_locked(
        place, locked, project.release, modules=modules, compiling=True, listen=listen
    )
