"""What an update keeps of the old lock, and what it lets move."""

import difflib
from collections.abc import Collection, Sequence

from qlumod.errors import QlumodError, raise_faults
from qlumod.lock.rules.asked import HeldPackage
from qlumod.model.lock import Lock, LockedPackage
from qlumod.system.disk.store import Store


def held_packages(
    kept: Lock, names: Sequence[str], gone: Sequence[LockedPackage], store: Store
) -> tuple[HeldPackage, ...]:
    """What an update keeps: all but what the names (of packages and modules) mean may not move.

    Of the packages that are `gone` from the archives only those can be had that the store has.
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
    """The packages that are meant; raises for all unknown names at once."""
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
    """What is there only once in a lock."""
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
    """Raise where a package is still wanted whose locked version cannot be had any more.

    What only builds is in no image: it may be another one.
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
    """The error for locked packages that nobody has; `command` renews the lock."""
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
