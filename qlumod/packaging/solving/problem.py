"""The input of the solver: the modules and the old lock's packages, to JSON and back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from qlumod.model.json_values import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A package that a module requests; `place` is its position, for errors."""

    name: str
    operator: str = ""
    version: str = ""
    place: str = ""
    anywhere: bool = False
    """Whether any archive may satisfy it, without preference."""
    options: tuple[str, ...] = ()
    """For kernel modules: the variables and options with which they are compiled."""

    def __str__(self) -> str:
        return f"{self.name} ({self.operator} {self.version})" if self.operator else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """The part of a module's spec that the solver needs."""

    name: str
    path: str
    requires: tuple[str, ...]
    """All modules below it."""
    excludes: tuple[str, ...]
    """The modules that cannot be in one image with it."""
    archives: tuple[str, ...]
    """The archives that it names: they are preferred for its requests."""
    requests: tuple[Request, ...]
    kernel_modules: tuple[Request, ...]
    """Packages of sources that are compiled."""
    build: tuple[Request, ...]
    """Packages for compiling them, in addition to those that a packaging always uses."""
    recommends: bool
    prefer: tuple[str, ...]
    unchanged: bool = False
    """Whether the old lock was made from the same spec, in the same release."""

    @classmethod
    def from_json(cls, given: Json) -> "Module":
        """Read a module of `Problem.as_json`."""
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
    """Empty: it is not available."""
    modules: tuple[str, ...]
    builds: tuple[str, ...]
    """The modules that are built with it."""
    archive: str
    moving: bool
    reason: str = ""
    """Why the old lock has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """All modules to solve; without modules, the old and the sought packages are looked up."""

    modules: tuple[Module, ...] = ()
    old: tuple[OldPackage, ...] = ()
    sought: tuple[str, ...] = ()
    """The names of packages whose versions are wanted."""

    @property
    def as_json(self) -> Json:
        """The problem in the form that `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Json) -> "Problem":
        """Read the result of `as_json`."""
        return cls(
            modules=tuple(map(Module.from_json, given["modules"])),
            old=tuple(OldPackage(**values_of(package)) for package in given["old"]),
            sought=tuple(given["sought"]),
        )


def requests_from_json(given: Json) -> tuple[Request, ...]:
    """Requests from JSON values."""
    return tuple(Request(**values_of(request)) for request in given)


def values_of(given: Mapping[str, Json]) -> dict[str, Json]:
    """Fields with tuples in place of JSON's lists."""
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
    }
