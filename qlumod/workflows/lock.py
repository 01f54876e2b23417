"""Lock and fetch: from specs to exact packages, and those into the store."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Caution, Listener, Notice, ignore, step
from qlumod.lock.fetching.fetch import Fetched, missing, packages_of, to_compile
from qlumod.lock.fetching.fetch import fetch_packages as fetch_missing
from qlumod.lock.rules.asked import HeldPackage, archives_of, problem_of
from qlumod.lock.rules.freshness import Older, require_no_older
from qlumod.lock.rules.kept import check_dropped, held_packages
from qlumod.lock.rules.lock_changes import LockDifference, compiled_anew, difference
from qlumod.lock.rules.make import Before, SolvedFrom, make_lock
from qlumod.lock.rules.module_versions import Revision
from qlumod.lock.rules.stale import renewing, require_fresh, require_locked
from qlumod.lock.rules.unavailable import modules_without
from qlumod.lock.verbs.check import check_specs
from qlumod.model.document import readable
from qlumod.model.lock import Lock, LockedArchive, lock_text, parse_lock
from qlumod.model.names import ArchName, FlavorName, ModuleName
from qlumod.model.project import Project
from qlumod.model.release import Release
from qlumod.model.target import Target
from qlumod.packaging.addressing import require_archives
from qlumod.packaging.choice import packaging_named
from qlumod.packaging.release_archives import Archives
from qlumod.system.disk.beneath import Beneath
from qlumod.system.disk.documents import read_document
from qlumod.system.disk.store import Store
from qlumod.workflows.predecessors import Base, Numbering, fetch_predecessors, revise
from qlumod.workflows.workplace import Workplace

LOCKS = "locks"
"""The directory of locks beside the specs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a new lock is to change of the old one."""

    update: Sequence[str] | None = None
    """None keeps the old lock's versions as far as the specs let it, an empty sequence lets
    everything move, names (of packages or modules) let those move and what follows from them."""
    raised: Sequence[str] = ()
    """Modules that get the next N, even if nothing is known to have changed."""
    older: Sequence[Older] | None = ()
    """Archives that may be older than those of the old lock, and why: the lock keeps it. None: all
    may be, since nothing is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """What `lock` did, or would do."""

    path: Path
    lock: Lock
    difference: LockDifference
    changed: bool
    """Whether the file is another one now."""
    revisions: tuple[Revision, ...] = ()
    """The version of each module, and why it is that."""


def target(release: Release, flavor: str | None = None, arch: str | None = None) -> Target:
    """Choose a flavor and an architecture of the release; None: its default ones."""
    chosen_flavor = flavor or release.default_flavor
    chosen_arch = arch or release.architectures[0]
    for word, name, known in (
        ("flavor", chosen_flavor, release.flavors),
        ("architecture", chosen_arch, release.architectures),
    ):
        if name not in known:
            raise QlumodError(
                f"release {release.version} has no {word} {name!r}",
                remedy=f"choose from {', '.join(known)}",
            )
    return Target(flavor=FlavorName(chosen_flavor), architecture=ArchName(chosen_arch))


def project_for(place: Workplace) -> tuple[Project, Target]:
    """What engineers wrote, with the modules of one flavor only."""
    project = check_specs(place.specs)
    wanted = target(project.release, place.flavor, place.arch)
    return project.of_flavor(wanted.flavor), wanted


def lock_path(specs: Path, release: Release, wanted: Target) -> Path:
    """Where the lock of a release × flavor × architecture lies."""
    name = f"{release.version}-{wanted.flavor}-{wanted.architecture}.lock"
    return specs / LOCKS / name


def read_lock(specs: Path, release: Release, wanted: Target) -> Lock:
    """Read a lock; raises where there is none."""
    path = lock_path(specs, release, wanted)
    if not Beneath(specs).is_file(path):
        raise QlumodError(
            f"there is no lock {path}",
            remedy=renewing(release, wanted.flavor, wanted.architecture),
        )
    return parse_lock(read_document(path, within=specs), str(path))


def locked_project(place: Workplace, modules: Sequence[str] = ()) -> tuple[Project, Lock]:
    """What is locked of what the engineers wrote, and the lock; raises where that is stale.

    Raises for each of the named `modules` that does not exist, or that the lock does without.
    """
    project, wanted = project_for(place)
    found = read_lock(place.specs, project.release, wanted)
    require_fresh(found, project)
    require_locked(found, project, modules)
    return project.without(dict(found.left_out)).in_profile(place.profile), found


def modules_left_out(place: Workplace) -> tuple[tuple[ModuleName, str], ...]:
    """The modules that the lock does without, and why."""
    return locked_project(place)[1].left_out


def lock(
    place: Workplace,
    wish: Wish = Wish(),
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
    project, new = solved_lock(place, project, wanted, old, wish, listen=listen)
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
    written = _written(place.specs, path, new, old, dry_run=dry_run, listen=listen)
    return replace(written, revisions=revisions)


def solved_lock(
    place: Workplace,
    project: Project,
    wanted: Target,
    old: Lock | None,
    wish: Wish,
    *,
    listen: Listener = ignore,
) -> tuple[Project, Lock]:
    """The lock of a project as it is solved now, and the project with what is locked of it.

    Nothing is written beside the specs, and all versions are those of the `old` lock or the first;
    see `lock`.
    """
    moving = wish.update or ()
    kept = None if wish.update is not None and not wish.update else old
    packaging = packaging_named(project.release.packaging_of(wanted.flavor))
    shared, on_request = archives_of(project, wanted.flavor)
    with packaging.archives(
        project.release, wanted, place.reach, needed=shared, optional=on_request, listen=listen
    ) as bare:
        where = bare.read(on_request, listen)
        if wish.older is not None:
            require_no_older(where, old, meant=wish.older)
        without = modules_without(
            project.specs,
            wanted.flavor,
            missing=where.missing,
            kept=kept,
            moving=moving,
            store=place.packages,
        )
        project = project.without(without)
        where, stored, held = _held(where, kept, moving, place.packages, listen)
        with step(listen, "Solving"):
            solved = where.solve(problem_of(project.specs, wanted.flavor, held), listen)
        check_dropped(
            held,
            solved.packages,
            renewing(project.release, wanted.flavor, wanted.architecture),
        )
        return project, make_lock(
            project,
            SolvedFrom(packages=solved.packages, archives=where.signed(solved)),
            wanted,
            tools=packaging.tools(),
            before=Before(lock=old, unread=_unread(where, stored, old), older=wish.older),
            left_out=without,
        )


def old_lock(place: Workplace, project: Project, wanted: Target) -> Lock | None:
    """The lock that is there, of which a new one keeps what it can."""
    there = Beneath(place.specs).is_file(lock_path(place.specs, project.release, wanted))
    return read_lock(place.specs, project.release, wanted) if there else None


def _held(
    where: Archives, kept: Lock | None, names: Sequence[str], store: Store, listen: Listener
) -> tuple[Archives, frozenset[str], tuple[HeldPackage, ...]]:
    """Keep the old lock's packages as candidates: from their archives, else from the store.

    Returns the archives of those that only the store has, too.
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


def _written(
    specs: Path, path: Path, new: Lock, old: Lock | None, *, dry_run: bool, listen: Listener
) -> Locked:
    found = difference(old, new.packages)
    for text in compiled_anew(old, new):
        listen(Notice(text=text))
    for moved in found.moved:
        if moved.old.version == moved.new.version and not moved.new.generated:
            listen(Caution(text=f"{moved}, in the archive {moved.new.archive}"))
    data = readable(lock_text(new), str(path), parse_lock)
    beneath = Beneath(specs)
    _remove_debris(beneath, path)
    changed = not beneath.is_file(path) or beneath.read(path) != data
    if changed and not dry_run:
        beneath.make(path.parent)
        beneath.write_whole(path, data)
    return Locked(path=path, lock=new, difference=found, changed=changed)


def _remove_debris(beneath: Beneath, path: Path) -> None:
    """Remove what killed runs left beside the lock."""
    for name in beneath.names(path.parent):
        made_by = re.fullmatch(rf"\.{re.escape(path.name)}\.(\d+)\.new", name)
        if made_by and not Path("/proc", made_by[1]).exists():
            beneath.unlink(path.parent / name)


def fetch_modules(
    place: Workplace,
    modules: Sequence[str] = (),
    *,
    base: Base | None = None,
    dry_run: bool = False,
    listen: Listener = ignore,
) -> Fetched:
    """Fetch what the store lacks of the locked packages, of all modules or of those named.

    What their predecessors were is read from the repository at `base`, where the store lacks it.
    """
    project, locked = locked_project(place, modules)
    if dry_run:
        lacking = missing(packages_of(locked, modules, compiling=True), place.packages)
        return Fetched(packages=lacking, size=sum(package.size for package in lacking))
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


def fetch_locked(
    place: Workplace,
    locked: Lock,
    release: Release,
    *,
    modules: Sequence[str] = (),
    compiling: bool = False,
    listen: Listener = ignore,
) -> Fetched:
    """Fetch what the store lacks of a lock's packages; with nothing to fetch, ask nobody.

    What kernel modules are compiled with is fetched where they are not compiled yet, or where
    `compiling` says that they will be.
    """
    require_archives(release, place.addresses)
    debs = place.packages
    packages = packages_of(
        locked, modules, compiling=compiling or to_compile(locked, modules, debs)
    )
    if not missing(packages, debs):
        return Fetched(packages=(), size=0)
    packaging = packaging_named(release.packaging_of(locked.flavor))
    with packaging.archives(
        release,
        Target(flavor=locked.flavor, architecture=locked.architecture),
        place.reach,
        needed={package.archive for package in missing(packages, debs)},
        listen=listen,
    ) as where:
        return fetch_missing(
            packages,
            where,
            store=debs,
            renew=renewing(release, locked.flavor, locked.architecture),
            listen=listen,
        )
