"""One opened apt cache: the installed packages, and apt's choices.

Only the solver's own process imports this: python-apt keeps its state in the process.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import apt_pkg

from qlumod.errors import QlumodError
from qlumod.model.stanzas import as_text, stanza_text
from qlumod.packaging.debian.solving.solver_order import Frame
from qlumod.packaging.solving.problem import Request
from qlumod.packaging.solving.solution import Chosen

BEYOND_ALL = 1001
"""The pin that precedes every other version, including an installed newer one."""
_OPERATORS = {"<<": "<", ">>": ">"}
"""apt's spelling of Debian's strict comparisons."""
_WITH_SOURCES = ("PreDepends", "Depends", "Recommends")
"""The relations of tools to the sources of their kernel modules."""
_DKMS, _SOURCES = "dkms", "-dkms"
"""The package, and the end of the names of packages of sources for it."""
_REFUSALS = {"Conflicts": "conflicts with", "Breaks": "breaks"}


def allows(request: Request, version: str) -> bool:
    """Whether a version fits a request; the empty version never does."""
    operator = _OPERATORS.get(request.operator, request.operator)
    return bool(version and (not operator or apt_pkg.check_dep(version, operator, request.version)))


def _relations(version: Any, *kinds: str) -> Iterator[Sequence[Any]]:
    """The relations of a version of some kinds, each as its alternatives."""
    for kind in kinds:
        yield from version.depends_list.get(kind, ())


def _is_of_sources(version: Any) -> bool:
    """Whether a version of a package brings sources for dkms, which it needs."""
    return version.parent_pkg.name.endswith(_SOURCES) and any(
        alternative.target_pkg.name == _DKMS
        for alternatives in _relations(version, *_WITH_SOURCES)
        for alternative in alternatives
    )


class AptCache:
    """A cache with some packages installed; pinned packages have one version only."""

    def __init__(self, frame: Frame, *, recommends: bool = False) -> None:
        # apt reads this once in a process: see `recommends`.
        for option, value in frame.options.items():
            apt_pkg.config.set(option, value)
        for option in ("APT::Install-Recommends", "APT::AutoRemove::RecommendsImportant"):
            apt_pkg.config.set(option, "true" if recommends else "false")
        apt_pkg.init_system()
        self.frame = frame
        self.recommends = recommends
        """Whether Recommends are followed; python-apt can change this only in a new process."""
        self.brought: dict[str, str] = {}
        """The versions that come from the preferred archives, requested or not."""
        self._cache: Any = apt_pkg.Cache(None)
        self._depcache: Any = apt_pkg.DepCache(self._cache)
        self._records = apt_pkg.PackageRecords(self._cache)
        self._architecture = apt_pkg.config.find("APT::Architecture")

    def base(self) -> dict[str, str]:
        """The packages of every root: essential ones, and apt."""
        essential = sorted(
            package.name
            for package in self._native()
            if package.essential and self._depcache.get_candidate_ver(package)
        )
        return {**dict.fromkeys(essential, "essential"), "apt": "every root has apt"}

    def versions(self, name: str) -> tuple[str, ...]:
        """All versions of a package, newest first."""
        package = self._find(name)
        return tuple(version.ver_str for version in package.version_list) if package else ()

    def look_up(self, name: str, version: str) -> Chosen | None:
        """A version by its number, if an index has it."""
        package = self._find(name)
        for candidate in package.version_list if package else ():
            if candidate.ver_str == version and self._sources(candidate):
                return self._chosen(candidate)
        return None

    def offered(self, name: str) -> Iterator[Chosen]:
        """All versions of a package, newest first, once for each index that has it."""
        package = self._find(name)
        for version in package.version_list if package else ():
            for file, _ in self._sources(version):
                index = Path(file.filename).name
                yield Chosen(package=name, version=version.ver_str, record="", index=index)

    def kernel_sources(self, name: str, version: str) -> tuple[str, ...]:
        """The sources of kernel modules that a version depends on, or recommends; or itself.

        Not those in whose place a kernel, or another package, may be installed.
        """
        found: list[str] = []
        for one in self._find(name).version_list:
            if one.ver_str != version:
                continue
            if _is_of_sources(one):
                return (name,)
            for alternatives in _relations(one, *_WITH_SOURCES):
                targets = [target for dep in alternatives for target in dep.all_targets()]
                if targets and all(map(_is_of_sources, targets)):
                    found.append(targets[0].parent_pkg.name)
        return tuple(dict.fromkeys(found))

    def stands(self, chosen: Chosen, there: Mapping[str, str]) -> bool:
        """Whether these packages, with their versions, satisfy a version's dependencies."""
        versions = self._find(chosen.package).version_list
        version = next(version for version in versions if version.ver_str == chosen.version)
        return all(
            any(
                there.get(target.parent_pkg.name) == target.ver_str
                for dependency in alternatives
                for target in dependency.all_targets()
            )
            for alternatives in _relations(version, "PreDepends", "Depends")
        )

    def refuses(self, chosen: Chosen) -> Iterator[tuple[str, str, str]]:
        """The versions with which a version cannot be installed: relation, package and version."""
        for version in self._find(chosen.package).version_list:
            if version.ver_str == chosen.version:
                for kind, verb in _REFUSALS.items():
                    for alternatives in version.depends_list.get(kind, ()):
                        for dependency in alternatives:
                            for target in dependency.all_targets():
                                yield verb, target.parent_pkg.name, target.ver_str

    def best(self, request: Request) -> Any:
        """apt's best version for a request; raises if there is none."""
        package = self._find(request.name)
        if package is None or not package.version_list:
            raise self._missing(request, package)
        first = [v for v in package.version_list if self._comes_first(v)]
        named = bool(first) and not request.anywhere
        offered = first if named else list(package.version_list)
        fitting = [version for version in offered if allows(request, version.ver_str)]
        if not fitting:
            raise QlumodError(
                f"{request.place}no version of {request.name} is {request.operator}"
                f" {request.version}",
                details=(f"there is: {', '.join(version.ver_str for version in offered)}",),
            )
        policy = self._depcache.policy
        if named:
            pinned = (v for v in fitting if policy.get_priority(v) >= BEYOND_ALL)
            return next(pinned, fitting[0])
        usual = self._depcache.get_candidate_ver(package)
        # The list is sorted newest first, and max takes the first of equal ones.
        return usual if usual in fitting else max(fitting, key=policy.get_priority)

    def candidate(self, request: Request) -> str:
        """The number of apt's best version for a request; raises if there is none."""
        return str(self.best(request).ver_str)

    def _comes_first(self, version: Any) -> bool:
        """Whether it is in an archive that the module names."""
        names = (Path(source[0].filename).name for source in version.file_list)
        return bool(self.frame.first) and any(name.startswith(self.frame.first) for name in names)

    def satisfied(self, request: Request) -> bool:
        """Whether the installed packages satisfy the request."""
        package = self._find(request.name)
        version = package.current_ver if package else None
        return version is not None and allows(request, version.ver_str)

    def _chosen(self, version: Any) -> Chosen:
        source = self._sources(version)[0]
        self._records.lookup(source)
        return Chosen(
            package=version.parent_pkg.name,
            version=version.ver_str,
            record=self._record(version, source[0].filename),
            index=Path(source[0].filename).name,
        )

    def _record(self, version: Any, index: str) -> str:
        """The stanza at the lookup position; python-apt returns no text if it is no UTF-8."""
        try:
            return str(self._records.record)
        except UnicodeDecodeError:
            name, number = version.parent_pkg.name.encode(), version.ver_str.encode()
            for section in apt_pkg.TagFile(index, bytes=True):
                if (section["Package"], section["Version"]) == (name, number):
                    return stanza_text({key: as_text(section[key]) for key in section.keys()})  # noqa: SIM118
            raise

    def _sources(self, version: Any) -> list[Any]:
        return [entry for entry in version.file_list if entry[0].filename != str(self.frame.status)]

    def _find(self, name: str) -> Any:
        known = (name, self._architecture) in self._cache
        return self._cache[name, self._architecture] if known else None

    def _native(self) -> Iterator[Any]:
        return filter(self._is_native, self._cache.packages)

    def _is_native(self, package: Any) -> bool:
        return bool(package.architecture == self._architecture)

    def _missing(self, request: Request, package: Any) -> QlumodError:
        providers = sorted(
            {provider[2].parent_pkg.name for provider in (package.provides_list if package else ())}
        )
        if providers:
            return QlumodError(
                f"{request.place}{request.name} is a virtual package",
                details=(f"it is provided by: {', '.join(providers)}",),
                remedy="name one of them",
            )
        names = sorted(p.name for p in self._native() if p.version_list)
        close = difflib.get_close_matches(request.name, names, n=3, cutoff=0.7)
        return QlumodError(
            f"{request.place}there is no package {request.name}",
            details=(f"close names: {', '.join(close)}",) if close else (),
        )
