"""What an update keeps of the old lock, and what it lets move."""

import difflib
from collections.abc import Sequence

from qlumod.errors import QlumodError, raise_faults
from qlumod.model.lock import Lock, LockedPackage
from qlumod.model.names import PackageName


def named(lock: Lock, names: Sequence[str]) -> tuple[PackageName, ...]:
    """The packages that are meant by names of packages and modules; all unknown names at once."""
    modules = {module for module, _ in lock.specs}
    packages = {package.package for package in lock.packages}
    raise_faults(
        _unknown(name, sorted({*modules, *packages}))
        for name in names
        if name not in modules and name not in packages
    )
    wanted = set(names)
    return tuple(
        package.package
        for package in lock.packages
        if package.package in wanted or wanted.intersection(package.modules)
    )


def _unknown(name: str, known: Sequence[str]) -> QlumodError:
    close = difflib.get_close_matches(name, known, n=3)
    return QlumodError(
        f"cannot update {name}: the lock has no package and no module of this name",
        details=(f"close names: {', '.join(close)}",) if close else (),
    )


def following(
    dropped: Sequence[LockedPackage], moving: Sequence[PackageName], lock: Lock
) -> tuple[PackageName, ...]:
    """Those of the dropped packages that move with the named ones: made from the same source."""
    sources = {_source(package) for package in lock.packages if package.package in set(moving)}
    return tuple(package.package for package in dropped if _source(package) in sources)


def check_dropped(
    dropped: Sequence[LockedPackage],
    chosen: Sequence[LockedPackage],
    moving: Sequence[PackageName],
    command: str,
) -> None:
    """Raise where a package is still wanted whose locked version cannot be had any more."""
    wanted = {package.package for package in chosen}
    lost = [p for p in dropped if p.package in wanted and p.package not in moving]
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
