"""The packages of the old lock that an update keeps, and those that may move."""

import difflib
from collections.abc import Collection, Sequence

from qlumod.errors import QlumodError, raise_faults
from qlumod.lock.rules.asked import HeldPackage
from qlumod.model.lock import Lock, LockedPackage
from qlumod.system.disk.store import Store


def held_packages(
    kept: Lock, names: Sequence[str], gone: Sequence[LockedPackage], store: Store
) -> tuple[HeldPackage, ...]:
    """The old lock's packages; those that are named, or are of a named module, may move.

    Of the packages that are `gone` from the archives, only those in the store are available.
    """
    moving = _named(kept, names)
    dropped = {_key(package) for package in gone if not store.has(package.sha256)}
    lost = [package for package in kept.from_archives if _key(package) in dropped]
    moving |= {_key(package) for package in _following(lost, moving, kept)}
    return tuple(
        HeldPackage(
            package=package, moving=_key(package) in moving, dropped=_key(package) in dropped
        )
        for package in kept.from_archives
    )


def _named(lock: Lock, names: Sequence[str]) -> set[tuple[str, str]]:
    """The named packages; raises for all unknown names at once."""
    modules = {module for module, _ in lock.specs}
    packages = {package.package for package in lock.packages}
    raise_faults(
        _unknown(name, sorted({*modules, *packages}))
        for name in names
        if name not in modules and name not in packages
    )
    wanted = set(names)
    return {
        _key(package)
        for package in lock.packages
        if package.package in wanted or wanted.intersection((*package.modules, *package.builds))
    }


def _key(package: LockedPackage) -> tuple[str, str]:
    """The key that is unique in a lock."""
    return package.package, package.version


def _unknown(name: str, known: Sequence[str]) -> QlumodError:
    close = difflib.get_close_matches(name, known, n=3)
    return QlumodError(
        f"cannot update {name}: the lock has no package and no module of this name",
        details=(f"close names: {', '.join(close)}",) if close else (),
    )


def _following(
    dropped: Sequence[LockedPackage], moving: Collection[tuple[str, str]], lock: Lock
) -> tuple[LockedPackage, ...]:
    """Those of the dropped packages that move with others: made from the same source."""
    sources = {_source(package) for package in lock.packages if _key(package) in moving}
    return tuple(package for package in dropped if _source(package) in sources)


def check_dropped(
    held: Sequence[HeldPackage], chosen: Sequence[LockedPackage], command: str
) -> None:
    """Raise if a package is still required whose locked version is no longer available.

    Packages that are only for compiling are in no image: they may change.
    """
    wanted = {(package.package, module) for package in chosen for module in package.modules}
    lost = [
        one.package
        for one in held
        if one.dropped
        and not one.moving
        and any((one.package.package, module) in wanted for module in one.package.modules)
    ]
    if lost:
        raise no_longer_there(lost, command)


def no_longer_there(lost: Sequence[LockedPackage], command: str) -> QlumodError:
    """The error for locked packages that are nowhere available; `command` renews the lock."""
    what, it = f"{len(lost)} locked packages", "them"
    if len(lost) == 1:
        what, it = "a locked package", "it"
    return QlumodError(
        f"{what} cannot be had any more: neither the archive nor the store has {it}",
        details=[f"{p.package} {p.version} of the archive {p.archive}" for p in lost],
        remedy=f"{command} --update {' '.join(p.package for p in lost)}",
    )


def _source(package: LockedPackage) -> str:
    return package.source.partition(" ")[0]
