"""What the solver's process keeps while it solves: the old lock's packages, and its choices."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from qlumod.packaging.solving.problem import Module, OldPackage
from qlumod.packaging.solving.solution import Chosen
from qlumod.packaging.solving.world import Made


@dataclass(slots=True, kw_only=True)
class Slot:
    """A package of the old lock, and its version now, which moves where it must."""

    old: OldPackage
    version: str
    """Empty: it cannot be had."""

    @classmethod
    def of(cls, old: OldPackage) -> "Slot":
        """As the old lock has it."""
        return cls(old=old, version=old.version)


@dataclass(slots=True, kw_only=True)
class PackageEntry:
    """A package of the lock that grows."""

    chosen: Chosen
    reason: str
    modules: list[str] = field(default_factory=list)
    builds: list[str] = field(default_factory=list)
    made: Made | None = None
    """Of a generated package: how a build will make it."""

    @property
    def known(self) -> Chosen:
        """The package that an index has: for a generated one that of its sources."""
        return self.made.sources if self.made else self.chosen


class PackageEntries:
    """The lock that grows: a package may be in several versions, in modules that exclude others."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], PackageEntry] = {}

    def __iter__(self) -> Iterator[PackageEntry]:
        """All of them, by name."""
        return (entry for _, entry in sorted(self._entries.items()))

    def of(self, modules: Iterable[str]) -> dict[str, PackageEntry]:
        """What the layers of some modules hold, by name; of several versions the first."""
        wanted = set(modules)
        found: dict[str, PackageEntry] = {}
        for entry in self._entries.values():
            if wanted.intersection(entry.modules):
                found.setdefault(entry.chosen.package, entry)
        return found

    def beside(self, module: Module, modules: Sequence[Module]) -> dict[str, PackageEntry]:
        """What the layers hold that can be in one image with a module; what it requires first."""
        others = (other.name for other in modules if other.name not in module.excludes)
        return {**self.of(others), **self.of(module.requires)}

    def add_made(self, made: Made, module: str) -> str:
        """Note a package that a module's build will make.

        Returns the name of a module that makes it otherwise, which cannot be; else an empty one.
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
        """Note a package of a module's layer, or one that a module is built with."""
        key = (chosen.package, chosen.version)
        entry = self._entries.setdefault(key, PackageEntry(chosen=chosen, reason=reason))
        if module:
            entry.modules.append(module)
        if build:
            entry.builds.append(build)


def versions_by_package(entries: Mapping[str, PackageEntry]) -> dict[str, str]:
    """The version of each package."""
    return {name: entry.chosen.version for name, entry in entries.items()}
