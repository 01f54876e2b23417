"""The input and the output of the solver's process: values, to JSON and back.

Nothing here needs python-apt: both sides import it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from qlumod.errors import QlumodError, singles
from qlumod.model.generated import Generated
from qlumod.model.json_values import Json
from qlumod.model.lock import LockedPackage
from qlumod.packaging.solving.problem import Problem, Request, requests_from_json, values_of
from qlumod.packaging.solving.solution import PackageOffer, Solved


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEntry:
    """An entry of the sources of the private root."""

    archive: str
    stanza: str
    components: tuple[str, ...]
    suites: tuple[tuple[str, str], ...]
    """Each suite, and the address of the directory with its InRelease."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SolverOrder:
    """A problem, and the private root in which it is solved."""

    root: str
    architecture: str
    sources: tuple[SourceEntry, ...]
    shared: tuple[str, ...]
    """The archives from which all modules take packages."""
    problem: Problem

    @property
    def as_json(self) -> Json:
        """The order in the form that `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Json) -> "SolverOrder":
        """Read the result of `as_json`."""
        return cls(
            root=given["root"],
            architecture=given["architecture"],
            sources=tuple(_source(source) for source in given["sources"]),
            shared=tuple(given["shared"]),
            problem=Problem.from_json(given["problem"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The files with which an apt cache is opened; each world has its own.

    apt recognises a cached status by name, time and size, and a list of sources by its archives.
    """

    status: Path
    preferences: Path
    sources: Path
    cache: Path
    """apt's cache of these sources, for the next world with the same sources."""
    first: tuple[str, ...] = ()
    """The prefixes of the indexes whose versions are preferred for requests."""

    @property
    def as_json(self) -> Json:
        """The frame in the form that `from_json` reads."""
        paths = ("status", "preferences", "sources", "cache")
        return {**{name: str(getattr(self, name)) for name in paths}, "first": self.first}

    @classmethod
    def from_json(cls, given: Json) -> "Frame":
        """Read the result of `as_json`."""
        paths = {name: Path(path) for name, path in given.items() if name != "first"}
        return cls(**paths, first=tuple(given["first"]))

    @property
    def options(self) -> Mapping[str, str]:
        """The settings that make apt use these files."""
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
    """Requests to solve in one world, where Recommends are followed."""

    frame: Frame
    requests: Sequence[Request]
    why: Mapping[str, str]
    """The known reasons of packages."""
    prefer: Sequence[str]

    @property
    def as_json(self) -> Json:
        """The question in the form that `from_json` reads."""
        return {
            "frame": self.frame.as_json,
            "requests": list(map(asdict, self.requests)),
            "why": dict(self.why),
            "prefer": list(self.prefer),
        }

    @classmethod
    def from_json(cls, given: Json) -> "Question":
        """Read the result of `as_json`."""
        return cls(
            frame=Frame.from_json(given["frame"]),
            requests=requests_from_json(given["requests"]),
            why=given["why"],
            prefer=tuple(given["prefer"]),
        )


def solved_as_json(solved: Solved) -> Json:
    """The solution in the form that `solved_from_json` reads."""
    return asdict(solved)


def solved_from_json(given: Json) -> Solved:
    """Read the result of `solved_as_json`."""
    return Solved(
        packages=tuple(map(locked_package, given["packages"])),
        indexes=tuple(map(tuple, given["indexes"])),
        gone=tuple(given["gone"]),
        offers=tuple(PackageOffer(**values_of(offer)) for offer in given["offers"]),
    )


def locked_package(given: Mapping[str, Json]) -> LockedPackage:
    """A package of the new lock from its fields; modules are sorted."""
    how = given.get("generated")
    lists: Json = {name: tuple(sorted(given[name])) for name in ("modules", "builds")}
    return LockedPackage(
        **{**given, **lists, "generated": Generated(**values_of(how)) if how else None}
    )


def faults_as_json(error: QlumodError) -> Json:
    """The errors of the process in the form that `faults_from_json` reads."""
    return [fault.as_json for fault in singles(error)]


def faults_from_json(given: Json) -> tuple[QlumodError, ...]:
    """Read the result of `faults_as_json`."""
    return tuple(QlumodError(**fault) for fault in given)


def _source(given: Json) -> SourceEntry:
    suites = tuple((suite, base) for suite, base in given["suites"])
    return SourceEntry(**{**values_of(given), "suites": suites})
