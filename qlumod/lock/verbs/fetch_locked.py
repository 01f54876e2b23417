"""Fetching locked packages, of all modules or of some."""

from collections.abc import Sequence

from qlumod.events import Listener, ignore
from qlumod.lock.fetching.fetch import Fetched, fetch_packages, missing, packages_of, to_compile
from qlumod.lock.verbs.lock_place import LockPlace
from qlumod.model.lock import Lock
from qlumod.model.release import Release
from qlumod.model.renewing import renewing
from qlumod.model.target import Target
from qlumod.packaging.addressing import require_archives
from qlumod.packaging.choice import packaging_named


def to_fetch(place: LockPlace, locked: Lock, modules: Sequence[str]) -> Fetched:
    """The packages that a fetch would bring, including those for compiling kernel modules."""
    packages = missing(packages_of(locked, modules, compiling=True), place.packages)
    return Fetched(packages=packages, size=sum(package.size for package in packages))


def fetch_locked(
    place: LockPlace,
    locked: Lock,
    release: Release,
    *,
    modules: Sequence[str] = (),
    compiling: bool = False,
    listen: Listener = ignore,
) -> Fetched:
    """Fetch the lock's packages that the store lacks; without any, no archive is contacted.

    Packages for compiling kernel modules are fetched if those are not compiled yet, or if
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
        return fetch_packages(
            packages,
            where,
            store=debs,
            renew=renewing(release, locked.flavor, locked.architecture),
            listen=listen,
        )
