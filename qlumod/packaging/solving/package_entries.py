"""The solver's data while it solves: the old lock's packages, and its choices."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from qlumod.packaging.solving.problem import Module, OldPackage
from qlumod.packaging.solving.solution import Chosen
from qlumod.packaging.solving.world import Made


@dataclass(slots=True, kw_only=True)
class Slot:
    """A package of the old lock, and its current version, which moves if required."""

    old: OldPackage
    version: str
    """Empty: it is not available."""

    @classmethod
    def of(cls, old: OldPackage) -> "Slot":
        """The package as in the old lock."""
        return cls(old=old, version=old.version)


@dataclass(slots=True, kw_only=True)
class PackageEntry:
    """A package of the new lock."""

    chosen: Chosen
    reason: str
    modules: list[str] = field(default_factory=list)
    builds: list[str] = field(default_factory=list)
    made: Made | None = None
    """For a generated package: how a build makes it."""

    @property
    def known(self) -> Chosen:
        """The package in the index: for a generated package that of its sources."""
        return self.made.sources if self.made else self.chosen


class PackageEntries:
    """The new lock: a package may have several versions, in modules that exclude each other."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], PackageEntry] = {}

    def __iter__(self) -> Iterator[PackageEntry]:
        """All of them, by name."""
        return (entry for _, entry in sorted(self._entries.items()))

    def of(self, modules: Iterable[str]) -> dict[str, PackageEntry]:
        """The packages in the layers of some modules, by name; of several versions the first."""
        wanted = set(modules)
        found: dict[str, PackageEntry] = {}
        for entry in self._entries.values():
            if wanted.intersection(entry.modules):
                found.setdefault(entry.chosen.package, entry)
        return found

    def beside(self, module: Module, modules: Sequence[Module]) -> dict[str, PackageEntry]:
        """The packages in layers that fit into one image with a module; those it requires first."""
        others = (other.name for other in modules if other.name not in module.excludes)
        return {**self.of(others), **self.of(module.requires)}

    def add_made(self, made: Made, module: str) -> str:
        """Add a package that a module's build makes.

        Returns the name of a module that makes it differently, which is an error; otherwise an
        empty one.
        """
        reason = f"kernel modules of {module}"
        new = PackageEntry(chosen=made.chosen, reason=reason, made=made)
        there = self._entries.setdefault((made.name, made.version), new)
        others = [
            other
            for other in there.modules
            if there.made != made or self._compiles(other) != self._compiles(module)
        ]
        there.modules.append(module)
        return next(iter(others), "")

    def _compiles(self, module: str) -> set[tuple[str, str]]:
        return {key for key, entry in self._entries.items() if module in entry.builds}

    def holders(self, package: str, version: str) -> tuple[str, ...]:
        """The modules that have a package in a version."""
        entry = self._entries.get((package, version))
        return tuple(entry.modules) if entry else ()

    def add(self, chosen: Chosen, reason: str, *, module: str = "", build: str = "") -> None:
        """Add a package of a module's layer, or one with which a module is built."""
        key = (chosen.package, chosen.version)
        entry = self._entries.setdefault(key, PackageEntry(chosen=chosen, reason=reason))
        if module:
            entry.modules.append(module)
        if build:
            entry.builds.append(build)


def versions_by_package(entries: Mapping[str, PackageEntry]) -> dict[str, str]:
    """The version of each package."""
    return {name: entry.chosen.version for name, entry in entries.items()}
