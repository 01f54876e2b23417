"""The lock file of a release × flavor × architecture beside the specs."""

import re
from collections.abc import Sequence
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.lock.rules.stale import require_fresh, require_locked
from qlumod.lock.verbs.check import check_specs
from qlumod.lock.verbs.lock_place import LockPlace
from qlumod.model.document import readable
from qlumod.model.lock import Lock
from qlumod.model.lock_file import lock_text, parse_lock
from qlumod.model.names import ArchName, FlavorName, ModuleName
from qlumod.model.project import Project
from qlumod.model.release import Release
from qlumod.model.renewing import renewing
from qlumod.model.target import Target
from qlumod.system.disk.beneath import Beneath
from qlumod.system.disk.documents import MOST, read_document

LOCKS = "locks"
"""The directory of locks beside the specs."""


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


def project_for(place: LockPlace) -> tuple[Project, Target]:
    """The engineers' files, with the modules of one flavor only."""
    project = check_specs(place.specs)
    wanted = target(project.release, place.flavor, place.arch)
    return project.of_flavor(wanted.flavor), wanted


def lock_path(specs: Path, release: Release, wanted: Target) -> Path:
    """The path of the lock of a release × flavor × architecture."""
    name = f"{release.version}-{wanted.flavor}-{wanted.architecture}.lock"
    return specs / LOCKS / name


def read_lock(specs: Path, release: Release, wanted: Target) -> Lock:
    """Read a lock; raises if there is none."""
    path = lock_path(specs, release, wanted)
    if not Beneath(specs).is_file(path):
        raise QlumodError(
            f"there is no lock {path}",
            remedy=renewing(release, wanted.flavor, wanted.architecture),
        )
    return parse_lock(read_document(path, within=specs), str(path))


def locked_project(place: LockPlace, modules: Sequence[str] = ()) -> tuple[Project, Lock]:
    """The locked part of the engineers' files, and the lock; raises if the lock is stale.

    Raises for each of the named `modules` that does not exist, or that the lock has left out.
    """
    project, wanted = project_for(place)
    found = read_lock(place.specs, project.release, wanted)
    require_fresh(found, project)
    require_locked(found, project, modules)
    return project.without(dict(found.left_out)).in_profile(place.profile), found


def modules_left_out(place: LockPlace) -> tuple[tuple[ModuleName, str], ...]:
    """The modules that the lock leaves out, and why."""
    return locked_project(place)[1].left_out


def old_lock(place: LockPlace, project: Project, wanted: Target) -> Lock | None:
    """The existing lock, of which a new one keeps as much as it can."""
    there = Beneath(place.specs).is_file(lock_path(place.specs, project.release, wanted))
    return read_lock(place.specs, project.release, wanted) if there else None


def write_lock(specs: Path, path: Path, new: Lock, *, dry_run: bool) -> bool:
    """Write a lock unless it is unchanged; returns whether the file has changed.

    Raises if the lock could not be read back.
    """
    data = readable(lock_text(new), str(path), parse_lock)
    beneath = Beneath(specs)
    _remove_debris(beneath, path)
    changed = not beneath.is_file(path) or beneath.read(path, most=MOST) != data
    if changed and not dry_run:
        beneath.make(path.parent)
        beneath.write_whole(path, data)
    return changed


def _remove_debris(beneath: Beneath, path: Path) -> None:
    """Remove files that killed runs left beside the lock."""
    for name in beneath.names(path.parent):
        made_by = re.fullmatch(rf"\.{re.escape(path.name)}\.(\d+)\.new", name)
        if made_by and not Path("/proc", made_by[1]).exists():
            beneath.unlink(path.parent / name)
