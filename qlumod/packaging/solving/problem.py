"""What is to be solved: the modules and the old lock's packages, to JSON and back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from qlumod.model.json_values import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A package that a module asks for; `place` says where, for errors."""

    name: str
    operator: str = ""
    version: str = ""
    place: str = ""
    anywhere: bool = False
    """Whether it is met from any archive, from none first."""

    def __str__(self) -> str:
        return f"{self.name} ({self.operator} {self.version})" if self.operator else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """What the solver needs of a module's spec."""

    name: str
    path: str
    requires: tuple[str, ...]
    """All modules below it."""
    excludes: tuple[str, ...]
    """Those that cannot be in one image with it."""
    archives: tuple[str, ...]
    """Those that it names: its requests are met from there first."""
    requests: tuple[Request, ...]
    kernel_modules: tuple[Request, ...]
    """Packages of sources that are compiled."""
    build: tuple[Request, ...]
    """What compiles them, besides what a packaging always takes for that."""
    recommends: bool
    prefer: tuple[str, ...]

    @classmethod
    def from_json(cls, given: Json) -> "Module":
        """Read what `Problem.as_json` has of it."""
        asked = {
            name: requests_from_json(given[name])
            for name in ("requests", "kernel_modules", "build")
        }
        return cls(**{**values_of(given), **asked})

    @property
    def stack(self) -> tuple[str, ...]:
        """The modules below it, and itself."""
        return (*self.requires, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class OldPackage:
    """A package of the old lock."""

    package: str
    version: str
    """Empty: it cannot be had."""
    modules: tuple[str, ...]
    builds: tuple[str, ...]
    """The modules that are built with it."""
    archive: str
    moving: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """All modules to solve, or no modules: then it is asked which old packages are gone."""

    modules: tuple[Module, ...] = ()
    old: tuple[OldPackage, ...] = ()

    @property
    def as_json(self) -> Json:
        """The problem as `from_json` reads it."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Json) -> "Problem":
        """Read what `as_json` gives."""
        return cls(
            modules=tuple(map(Module.from_json, given["modules"])),
            old=tuple(OldPackage(**values_of(package)) for package in given["old"]),
        )


def requests_from_json(given: Json) -> tuple[Request, ...]:
    """Requests as JSON has them."""
    return tuple(Request(**request) for request in given)


def values_of(given: Mapping[str, Json]) -> dict[str, Json]:
    """Fields as values have them: JSON has no tuples."""
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
    }
