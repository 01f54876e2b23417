"""Lock and fetch: from specs to exact packages, and those into the store."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Caution, Listener, ignore
from qlumod.lock import hold
from qlumod.lock.difference import Difference, difference
from qlumod.lock.fetch import Fetched, missing
from qlumod.lock.fetch import fetch as fetch_missing
from qlumod.lock.fresh import renewing, require_fresh
from qlumod.lock.make import make_lock, own_sources
from qlumod.lock.place import HELD, Place, place, with_folders, with_held
from qlumod.lock.revise import Revision
from qlumod.lock.solve import Held, Solved, absent, solve
from qlumod.lock.sources import require_archives
from qlumod.model.address import Address
from qlumod.model.document import decoded
from qlumod.model.lock import Lock, LockedPackage, lock_text, parse_lock
from qlumod.model.names import ArchName, FlavorName, ModuleName, PackageName
from qlumod.model.project import Project
from qlumod.model.release import Release
from qlumod.model.spec import ModuleSpec
from qlumod.system import apt, files
from qlumod.system.store import Store, store_in
from qlumod.workflows.check import check
from qlumod.workflows.predecessors import Base, fetch_predecessors, revise

LOCKS = "locks"
"""The directory of locks beside the specs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a lock is for."""

    flavor: FlavorName
    architecture: ArchName


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """What `lock` did, or would do."""

    path: Path
    lock: Lock
    difference: Difference
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


def project_for(
    specs: Path, flavor: str | None = None, arch: str | None = None
) -> tuple[Project, Target]:
    """What engineers wrote, with the modules of one flavor only; None: the default ones."""
    project = check(specs)
    wanted = target(project.release, flavor, arch)
    return project.of_flavor(wanted.flavor), wanted


def lock_path(specs: Path, release: Release, wanted: Target) -> Path:
    """Where the lock of a release × flavor × architecture lies."""
    name = f"{release.version}-{wanted.flavor}-{wanted.architecture}.lock"
    return specs / LOCKS / name


def read_lock(specs: Path, release: Release, wanted: Target) -> Lock:
    """Read a lock; raises where there is none."""
    path = lock_path(specs, release, wanted)
    if not path.exists():
        raise QlumodError(
            f"there is no lock {path}",
            remedy=renewing(release, wanted.flavor, wanted.architecture),
        )
    return parse_lock(decoded(files.read_bytes(path), str(path)), str(path))


def fresh_lock(specs: Path, project: Project, wanted: Target) -> Lock:
    """Read a lock that speaks of what the engineers wrote; raises where it is stale."""
    found = read_lock(specs, project.release, wanted)
    require_fresh(found, project)
    return found


def lock(
    specs: Path,
    *,
    cache: Path,
    store: Path | None = None,
    addresses: Sequence[Address] = (),
    flavor: str | None = None,
    arch: str | None = None,
    update: Sequence[str] | None = None,
    base: Base | None = None,
    raised: Sequence[str] = (),
    dry_run: bool = False,
    listen: Listener = ignore,
    host: Path | None = None,
) -> Locked:
    """Solve all modules and write the lock.

    Their versions follow what is published at `base`; those that are `raised` get the next N, even
    if nothing is known to have changed.

    `update`: None keeps the old lock's versions as far as the specs let it, an empty sequence lets
    everything move, names (of packages or modules) let those move and what follows from them.
    """
    project, wanted = project_for(specs, flavor, arch)
    raise_faults(fault for spec in project.specs for fault in _not_yet(spec, wanted.flavor))
    path = lock_path(specs, project.release, wanted)
    old = read_lock(specs, project.release, wanted) if path.exists() else None
    kept = None if update is not None and not update else old
    moving = hold.named(kept, update) if kept and update else ()
    with place(
        project.release,
        wanted.flavor,
        wanted.architecture,
        beside=specs,
        cache=cache,
        addresses=addresses,
        host=host,
        listen=listen,
    ) as bare:
        where = with_folders(bare)
        apt.update(where.root, listen=listen)
        where, held = _held(where, kept, moving, store_in(cache, store), listen)
        solved = solve(
            project.specs, flavor=wanted.flavor, root=where.root, held=held, listen=listen
        )
        new = _new_lock(project, wanted, where, solved, held=held, old=old)
    new, revisions = revise(
        new,
        old,
        project,
        base=base,
        raised=[project.spec(ModuleName(name)).module for name in raised],
        store=store_in(cache, store),
        listen=listen,
    )
    written = _written(path, new, old, dry_run=dry_run, listen=listen)
    return replace(written, revisions=revisions)


def _not_yet(spec: ModuleSpec, flavor: FlavorName) -> Iterator[QlumodError]:
    for name, asked in (
        ("Archive", spec.archives_for(flavor)),
        ("Kernel-Modules", spec.kernel_modules_for(flavor)),
    ):
        if asked:
            yield QlumodError(f"{spec.at(name)}: this qlumod cannot lock that yet")


def _held(
    where: Place, kept: Lock | None, moving: Sequence[PackageName], store: Store, listen: Listener
) -> tuple[Place, Held]:
    """Keep the old lock's packages as candidates: from their archives, else from the store."""
    if kept is None:
        return where, Held()
    gone = absent(kept.packages, root=where.root, listen=listen)
    where = with_held(where, [p for p in gone if store.has(p.sha256)], store)
    if where.root.sources[-1].archive == HELD:
        apt.update(where.root, listen=listen)
    dropped = [package for package in gone if not store.has(package.sha256)]
    moved = {*moving, *hold.following(dropped, moving, kept)}
    return where, Held(
        packages=kept.packages,
        dropped=tuple(package.package for package in dropped),
        moving=tuple(p.package for p in kept.packages if p.package in moved),
    )


def _new_lock(
    project: Project,
    wanted: Target,
    where: Place,
    solved: Solved,
    *,
    held: Held,
    old: Lock | None,
) -> Lock:
    hold.check_dropped(
        [package for package in held.packages if package.package in held.dropped],
        solved.packages,
        held.moving,
        renewing(project.release, wanted.flavor, wanted.architecture),
    )
    return make_lock(
        project,
        Solved(
            packages=own_sources(solved.packages, old, frozenset({HELD})),
            indexes=tuple(index for index in solved.indexes if index[0] in where.remote),
        ),
        flavor=wanted.flavor,
        architecture=wanted.architecture,
        root=where.root,
        old=old,
    )


def _written(path: Path, new: Lock, old: Lock | None, *, dry_run: bool, listen: Listener) -> Locked:
    found = difference(old, new.packages)
    for moved in found.moved:
        if moved.old.version == moved.new.version:
            listen(Caution(text=f"{moved}, in the archive {moved.new.archive}"))
    data = lock_text(new).encode()
    _remove_debris(path)
    changed = not path.exists() or path.read_bytes() != data
    if changed and not dry_run:
        files.make_directories(path.parent)
        files.write_whole(path, data)
    return Locked(path=path, lock=new, difference=found, changed=changed)


def _remove_debris(path: Path) -> None:
    """Remove what killed runs left beside the lock."""
    for beside in path.parent.glob(f".{path.name}.*.new"):
        if not Path("/proc", beside.name.split(".")[-2]).exists():
            beside.unlink(missing_ok=True)


def fetch(
    specs: Path,
    *,
    cache: Path,
    store: Path | None = None,
    addresses: Sequence[Address] = (),
    flavor: str | None = None,
    arch: str | None = None,
    modules: Sequence[str] = (),
    base: Base | None = None,
    dry_run: bool = False,
    listen: Listener = ignore,
    host: Path | None = None,
) -> Fetched:
    """Fetch what the store lacks of the locked packages, of all modules or of those named.

    What their predecessors were is read from the repository at `base`, where the store lacks it.
    """
    project, wanted = project_for(specs, flavor, arch)
    raise_faults(_unknown(project, modules))
    locked = fresh_lock(specs, project, wanted)
    if dry_run:
        lacking = missing(_of(locked, modules), store_in(cache, store))
        return Fetched(packages=lacking, size=sum(package.size for package in lacking))
    fetch_predecessors(
        locked,
        project.release,
        [ModuleName(name) for name in modules] or [spec.module for spec in project.specs],
        base=base,
        store=store_in(cache, store),
        listen=listen,
    )
    return fetch_locked(
        locked,
        project.release,
        specs=specs,
        cache=cache,
        store=store,
        addresses=addresses,
        modules=modules,
        listen=listen,
        host=host,
    )


def _of(locked: Lock, modules: Sequence[str]) -> tuple[LockedPackage, ...]:
    return tuple(p for p in locked.packages if not modules or set(modules) & set(p.modules))


def _unknown(project: Project, modules: Sequence[str]) -> Iterator[QlumodError]:
    for module in modules:
        try:
            project.spec(ModuleName(module))
        except QlumodError as fault:
            yield fault


def fetch_locked(
    locked: Lock,
    release: Release,
    *,
    specs: Path,
    cache: Path,
    store: Path | None = None,
    addresses: Sequence[Address] = (),
    modules: Sequence[str] = (),
    listen: Listener = ignore,
    host: Path | None = None,
) -> Fetched:
    """Fetch what the store lacks of a lock's packages; with nothing to fetch, ask nobody."""
    require_archives(release, addresses)
    debs = store_in(cache, store)
    packages = _of(locked, modules)
    if not missing(packages, debs):
        return Fetched(packages=(), size=0)
    with place(
        release,
        locked.flavor,
        locked.architecture,
        beside=specs,
        cache=cache,
        addresses=addresses,
        host=host,
        listen=listen,
    ) as where:
        return fetch_missing(
            packages,
            root=where.root,
            folders=where.folders,
            store=debs,
            renew=renewing(release, locked.flavor, locked.architecture),
            listen=listen,
        )
