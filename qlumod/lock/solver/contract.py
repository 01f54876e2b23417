"""What the solver's process is asked, and what it answers: values, to JSON and back.

Nothing here needs python-apt: both sides import it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from qlumod.errors import Faults, QlumodError
from qlumod.model.generated import Generated
from qlumod.model.json_values import Json
from qlumod.model.lock import LockedPackage
from qlumod.model.stanzas import ControlStanza, one_stanza


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A package that a module asks for; `place` says where, for errors."""

    name: str
    operator: str = ""
    version: str = ""
    place: str = ""
    anywhere: bool = False
    """Whether it is met as apt would, from no archive first."""

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
    """Packages of dkms sources."""
    build: tuple[Request, ...]
    """What compiles them, besides dkms and the kernel's headers."""
    recommends: bool
    prefer: tuple[str, ...]

    @classmethod
    def from_json(cls, given: Json) -> "Module":
        """Read what `Problem.as_json` has of it."""
        asked = {name: _requests(given[name]) for name in ("requests", "kernel_modules", "build")}
        return cls(**{**_values(given), **asked})

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
class SourceEntry:
    """An entry of the sources of the private root."""

    archive: str
    stanza: str
    components: tuple[str, ...]
    suites: tuple[tuple[str, str], ...]
    """Each suite, and the address of the directory with its InRelease."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """All modules to solve, or no modules: then it is asked which old packages are gone."""

    root: str
    architecture: str
    sources: tuple[SourceEntry, ...]
    shared: tuple[str, ...] = ()
    """The archives that all modules take packages from."""
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
            root=given["root"],
            architecture=given["architecture"],
            sources=tuple(_source(source) for source in given["sources"]),
            shared=tuple(given["shared"]),
            modules=tuple(map(Module.from_json, given["modules"])),
            old=tuple(OldPackage(**_values(package)) for package in given["old"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What apt chose, or which old packages are gone."""

    packages: tuple[LockedPackage, ...] = ()
    indexes: tuple[tuple[str, str, str], ...] = ()
    """Archive, suite, and how the names of their files in the root's lists begin."""
    gone: tuple[int, ...] = ()
    """The places of those old packages that no archive has in that version."""

    @property
    def as_json(self) -> Json:
        """The reply as `from_json` reads it."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Json) -> "Reply":
        """Read what `as_json` gives."""
        return cls(
            packages=tuple(map(locked_package, given["packages"])),
            indexes=tuple(map(tuple, given["indexes"])),
            gone=tuple(given["gone"]),
        )


def locked_package(given: Mapping[str, Json]) -> LockedPackage:
    """A package of the new lock by its fields; modules are sorted."""
    how = given.get("generated")
    lists: Json = {name: tuple(sorted(given[name])) for name in ("modules", "builds")}
    return LockedPackage(
        **{**given, **lists, "generated": Generated(**_values(how)) if how else None}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The files that an apt cache is opened with; each world has its own.

    apt knows a cached status by name, time and size, and a list of sources by its archives.
    """

    status: Path
    preferences: Path
    sources: Path
    cache: Path
    """What apt has read of these sources, for the next world that has the same."""
    first: tuple[str, ...] = ()
    """How the names of the indexes begin whose versions come first for what is requested."""

    @property
    def as_json(self) -> Json:
        """The frame as `from_json` reads it."""
        paths = ("status", "preferences", "sources", "cache")
        return {**{name: str(getattr(self, name)) for name in paths}, "first": self.first}

    @classmethod
    def from_json(cls, given: Json) -> "Frame":
        """Read what `as_json` gives."""
        paths = {name: Path(path) for name, path in given.items() if name != "first"}
        return cls(**paths, first=tuple(given["first"]))

    @property
    def options(self) -> Mapping[str, str]:
        """The settings that make apt use them."""
        return {
            "Dir::State::status": str(self.status),
            "Dir::Etc::preferences": str(self.preferences),
            "Dir::Etc::sourcelist": str(self.sources),
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Cache::srcpkgcache": str(self.cache),
            "Dir::Cache::pkgcache": "",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Requests to solve in one world, where Recommends count."""

    frame: Frame
    requests: Sequence[Request]
    why: Mapping[str, str]
    """The reasons that are known of packages."""
    prefer: Sequence[str]

    @property
    def as_json(self) -> Json:
        """The question as `from_json` reads it."""
        return {
            "frame": self.frame.as_json,
            "requests": list(map(asdict, self.requests)),
            "why": dict(self.why),
            "prefer": list(self.prefer),
        }

    @classmethod
    def from_json(cls, given: Json) -> "Question":
        """Read what `as_json` gives."""
        return cls(
            frame=Frame.from_json(given["frame"]),
            requests=_requests(given["requests"]),
            why=given["why"],
            prefer=tuple(given["prefer"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A version that apt chose, with its stanza of Packages as its archive wrote it."""

    package: str
    version: str
    stanza: str
    index: str
    """The name of the lists' file that the stanza was read from."""

    @property
    def told(self) -> ControlStanza:
        """The stanza's fields; raises `QlumodError`."""
        where = f"{self.package} {self.version} in the index {self.index}"
        return one_stanza(f"{self.stanza.rstrip()}\n", where)


@dataclass(frozen=True, slots=True, kw_only=True)
class AptChange:
    """What apt would do to an installed package; `new` is empty where it would remove it."""

    package: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """What apt would install and change, and why."""

    new: tuple[Chosen, ...]
    reasons: Mapping[str, str]
    changes: tuple[AptChange, ...]
    unmet: tuple[str, ...]
    """Names of requests that apt does not install; it says nothing of its own about them."""

    @property
    def as_json(self) -> Json:
        """The solution as `from_json` reads it."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Json) -> "Solution":
        """Read what `as_json` gives."""
        return cls(
            new=tuple(Chosen(**chosen) for chosen in given["new"]),
            reasons=given["reasons"],
            changes=tuple(AptChange(**change) for change in given["changes"]),
            unmet=tuple(given["unmet"]),
        )


def faults_as_json(error: QlumodError) -> Json:
    """What went wrong in the process, as `faults_from_json` reads it."""
    return [fault.as_json for fault in (error.faults if isinstance(error, Faults) else (error,))]


def faults_from_json(given: Json) -> tuple[QlumodError, ...]:
    """The errors that `faults_as_json` tells of."""
    return tuple(QlumodError(**fault) for fault in given)


def _source(given: Json) -> SourceEntry:
    suites = tuple((suite, base) for suite, base in given["suites"])
    return SourceEntry(**{**_values(given), "suites": suites})


def _requests(given: Json) -> tuple[Request, ...]:
    return tuple(Request(**request) for request in given)


def _values(given: Mapping[str, Json]) -> dict[str, Json]:
    """Fields as values have them: JSON has no tuples."""
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
    }
