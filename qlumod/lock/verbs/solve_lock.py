"""Solving a lock: from specs and the previous lock to exact packages."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from qlumod.errors import QlumodError, singles, together
from qlumod.events import Caution, Listener, ignore, step
from qlumod.lock.rules.asked import HeldPackage, archives_of, problem_of
from qlumod.lock.rules.freshness import Older, chosen_snapshots, require_no_older
from qlumod.lock.rules.kept import check_dropped, held_packages
from qlumod.lock.rules.make import Before, SolvedFrom, make_lock
from qlumod.lock.rules.unavailable import modules_without
from qlumod.lock.verbs.open_archives import OpenArchives
from qlumod.lock.verbs.survey import with_archives
from qlumod.model.lock import Lock, LockedArchive
from qlumod.model.project import Project
from qlumod.model.release import Release
from qlumod.model.renewing import renewing
from qlumod.model.target import Target
from qlumod.packaging.archives import Archives, BuildHost
from qlumod.packaging.choice import packaging_named
from qlumod.system.disk.store import Store
from qlumod.system.processes.host_release import host_release


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The changes that a new lock is to make to the old one."""

    update: Sequence[str] | None = None
    """None keeps the old lock's versions if the specs permit, an empty sequence lets everything
    move, names (of packages or modules) let those move, with all that follow.
    """
    raised: Sequence[str] = ()
    """Modules that get the next N, even without a known change."""
    move_host: bool = False
    """Whether a lock of other machines becomes one of machines like this."""
    older: Sequence[Older] | None = ()
    """Archives that may be older than those of the old lock, with the reason that the lock records.
    None: all may be, since nothing is kept.
    """


def solved_lock(
    archives: OpenArchives,
    project: Project,
    old: Lock | None,
    wish: Wish,
    *,
    listen: Listener = ignore,
) -> tuple[Project, Lock]:
    """The newly solved lock of a project, and the project without the modules that are left out.

    Nothing is written beside the specs, and all versions are those of the `old` lock or the first;
    see `lock`. If there is no solution, the errors name archives on request that would help.
    """
    moving = wish.update or ()
    kept = None if wish.update is not None and not wish.update else old
    wanted, store = archives.target, archives.place.packages
    _, on_request = archives_of(project, wanted.flavor)
    where = archives.read(on_request, listen)
    older = wish.older
    if older is not None:
        older = (*older, *_gone_back(where, old, older, listen))
        require_no_older(where, old, meant=older)
    without = modules_without(
        project.specs,
        wanted.flavor,
        missing=where.missing,
        kept=kept,
        moving=moving,
        store=store,
    )
    project = project.without(without)
    where, stored, held = _held(where, kept, moving, store, listen)
    try:
        with step(listen, "Solving"):
            solved = where.solve(problem_of(project, wanted.flavor, held, kept), listen)
    except QlumodError as fault:
        # Held packages may be among what was read.
        archives.close()
        raise together(with_archives(singles(fault), archives, project, listen=listen)) from fault
    command = renewing(project.release, wanted.flavor, wanted.architecture)
    check_dropped(held, solved.packages, command)
    return project, make_lock(
        project,
        SolvedFrom(packages=solved.packages, archives=where.signed(solved)),
        wanted,
        host=_build_host(project.release, wanted),
        before=Before(lock=old, unread=_unread(where, stored, old), older=older),
        left_out=without,
    )


def _build_host(release: Release, wanted: Target) -> BuildHost:
    tools = packaging_named(release.packaging_of(wanted.flavor)).tools()
    return BuildHost(release=host_release(), tools=tools)


def _gone_back(
    where: Archives, old: Lock | None, meant: Sequence[Older], listen: Listener
) -> tuple[Older, ...]:
    """The snapshots of this host that lead back to before the old lock; each is told."""
    named = {one.archive for one in meant}
    back = tuple(one for one in chosen_snapshots(where, old) if one.archive not in named)
    for one in back:
        told = f"archive {one.archive} is older than what the lock was made from: {one.reason}"
        listen(Caution(text=told))
    return back


def _held(
    where: Archives, kept: Lock | None, names: Sequence[str], store: Store, listen: Listener
) -> tuple[Archives, frozenset[str], tuple[HeldPackage, ...]]:
    """Keep the old lock's packages as candidates: from their archives, else from the store.

    Also returns the archives of those that only the store has.
    """
    if kept is None:
        return where, frozenset(), ()
    gone = where.absent(kept.from_archives, listen)
    stored = [package for package in gone if store.has(package.sha256)]
    return (
        where.holding(stored, store, listen),
        frozenset(package.archive for package in stored),
        held_packages(kept, names, gone, store),
    )


def _unread(
    where: Archives, stored: Collection[str], old: Lock | None
) -> tuple[LockedArchive, ...]:
    """Archives of the old lock that cannot be read now, and whose packages the store still has."""
    return tuple(
        archive
        for archive in (old.archives if old else ())
        if archive.archive in where.missing and archive.archive in stored
    )
