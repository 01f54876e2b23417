"""What a new lock changes: for the screen and for the review."""

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
            return f"{self.new.package} {self.new.version}: other bytes"
        return f"{self.new.package} {self.old.version} → {self.new.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What came, what went and what moved; each sorted by name."""

    added: tuple[LockedPackage, ...]
    removed: tuple[LockedPackage, ...]
    moved: tuple[Moved, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.moved)

    def lines(self) -> Iterator[str]:
        """One line for each package."""
        for package in self.added:
            yield f"+ {package.package} {package.version} ({package.reason})"
        for package in self.removed:
            yield f"- {package.package} {package.version}"
        for moved in self.moved:
            yield f"~ {moved}"


def difference(old: Lock | None, packages: tuple[LockedPackage, ...]) -> Difference:
    """Compare an old lock's packages with new ones; without an old lock all are added."""
    before = {package.package: package for package in (old.packages if old else ())}
    after = {package.package: package for package in packages}
    both = sorted(before.keys() & after.keys())
    return Difference(
        added=tuple(after[name] for name in sorted(after.keys() - before.keys())),
        removed=tuple(before[name] for name in sorted(before.keys() - after.keys())),
        moved=tuple(
            Moved(old=before[name], new=after[name])
            for name in both
            if before[name].sha256 != after[name].sha256
        ),
    )
