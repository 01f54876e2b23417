"""The changes of a new lock: for the terminal and for the review."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlumod.model.lock import Lock, LockedPackage


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A package whose version, or whose bytes under the same version, have changed."""

    old: LockedPackage
    new: LockedPackage

    def __str__(self) -> str:
        if self.old.version == self.new.version:
            what = "other inputs" if self.new.generated else "other bytes"
            return f"{self.new.package} {self.new.version}: {what}"
        return f"{self.new.package} {self.old.version} → {self.new.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockDifference:
    """Added, removed and moved packages; each sorted by name."""

    added: tuple[LockedPackage, ...]
    removed: tuple[LockedPackage, ...]
    moved: tuple[Moved, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.moved)


def compiled_anew(old: Lock | None, new: Lock) -> Iterator[str]:
    """A line for each generated package that a build makes because of the new lock."""
    before = {package.package: package.sha256 for package in (old.packages if old else ())}
    for package in new.packages:
        how = package.generated
        if how and before.get(package.package) != package.sha256:
            missed = [part for part in how.build_depends if part.partition(" ")[0] != "dkms"]
            yield f"{package.modules[0]}: {how.sources} is compiled for the kernel {how.kernel}" + (
                f"; of what it depends on, only the build has {', '.join(missed)}" if missed else ""
            )


def difference(old: Lock | None, packages: tuple[LockedPackage, ...]) -> LockDifference:
    """Compare an old lock's packages with new ones; without an old lock all are added."""
    before = {_key(package): package for package in (old.packages if old else ())}
    after = {_key(package): package for package in packages}
    gone = [package for key, package in sorted(before.items()) if key not in after]
    come = [package for key, package in sorted(after.items()) if key not in before]
    moved = [Moved(old=before[key], new=after[key]) for key in sorted(before.keys() & after.keys())]
    for package in list(gone):
        successor = next((new for new in come if _follows(package, new)), None)
        if successor:
            gone.remove(package)
            come.remove(successor)
            moved.append(Moved(old=package, new=successor))
    return LockDifference(
        added=tuple(come),
        removed=tuple(gone),
        moved=tuple(
            one
            for one in sorted(moved, key=lambda moved: _key(moved.new))
            if one.old.sha256 != one.new.sha256
        ),
    )


def _key(package: LockedPackage) -> tuple[str, str]:
    return package.package, package.version


def _follows(old: LockedPackage, new: LockedPackage) -> bool:
    """Whether it is the same package of the same modules, except modules that were removed."""
    mine, others = {*old.modules, *old.builds}, {*new.modules, *new.builds}
    return old.package == new.package and bool(mine & others)
