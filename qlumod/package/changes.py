"""What changed between two versions of a module: pure, sorted, and bounded in size."""

from collections.abc import Iterable
from dataclasses import dataclass

from qlumod.model.contents import PackageLine

MOST = 200
"""How many changes a changelog entry names before it only counts the rest."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class PackageChange:
    """A package that came (`old` is None), went (`new` is None), or has another version."""

    package: str
    old: str | None
    new: str | None

    def __str__(self) -> str:
        if self.old is None:
            return f"added {self.package} {self.new}"
        if self.new is None:
            return f"removed {self.package} {self.old}"
        if self.old == self.new:
            return f"{self.package} {self.new} was built again"
        return f"{self.package} {self.old} → {self.new}"


def changes(old: Iterable[PackageLine], new: Iterable[PackageLine]) -> tuple[PackageChange, ...]:
    """The packages that differ between two versions, sorted by name.

    The same version with another digest is a change, too: other bytes are in the layer.
    """
    before = {(line.package, line.architecture): line for line in old}
    after = {(line.package, line.architecture): line for line in new}
    return tuple(
        PackageChange(
            package=key[0],
            old=before[key].version if key in before else None,
            new=after[key].version if key in after else None,
        )
        for key in sorted({*before, *after})
        if _bytes(before.get(key)) != _bytes(after.get(key))
    )


def bounded(lines: Iterable[str], most: int = MOST) -> tuple[str, ...]:
    """The first lines, and how many more there are."""
    every = tuple(lines)
    if len(every) <= most:
        return every
    return (*every[:most], f"and {len(every) - most} more")


def _bytes(line: PackageLine | None) -> tuple[str, str] | None:
    return (line.version, line.sha256) if line else None
