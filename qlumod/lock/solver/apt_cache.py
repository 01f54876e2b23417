"""One opened apt cache: what is installed, what apt would choose, and what it then changes.

Only the solver's own process imports this: python-apt keeps its state in the process.
"""

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import apt_pkg

from qlumod.errors import QlumodError
from qlumod.lock.archives.root import HELD_SUITE
from qlumod.lock.solver.contract import AptChange, Chosen, Frame, Request, Solution
from qlumod.model.stanzas import as_text, normalised, stanza_text

_OPERATORS = {"<<": "<", ">>": ">"}
"""How apt spells Debian's strict comparisons."""
_BEYOND_ALL = 1001
"""The pin that wins over every other version, also over a newer one that is installed."""
_REFUSALS = {"Conflicts": "conflicts with", "Breaks": "breaks"}
_NEEDS = ("PreDepends", "Depends", "Recommends")


def allows(request: Request, version: str) -> bool:
    """Whether a version fits a request; the empty one never does."""
    operator = _OPERATORS.get(request.operator, request.operator)
    return bool(version and (not operator or apt_pkg.check_dep(version, operator, request.version)))


def _status(chosen: Chosen) -> str:
    """The stanza of a package when it is installed; raises `QlumodError`."""
    status = {"Package": chosen.package, "Status": "install ok installed"}
    return stanza_text({**status, **normalised(chosen.told).fields, **status})


class World:
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
        """Whether Recommends count; python-apt can change its mind only in a new process."""
        self.brought: dict[str, str] = {}
        """What has come from the archives that come first, requested or not."""
        self._cache: Any = apt_pkg.Cache(None)
        self._depcache: Any = apt_pkg.DepCache(self._cache)
        self._records = apt_pkg.PackageRecords(self._cache)

    def essential(self) -> tuple[str, ...]:
        """The names of all packages that every root has."""
        return tuple(
            sorted(
                package.name
                for package in self._native()
                if package.essential and self._depcache.get_candidate_ver(package)
            )
        )

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

    def refuses(self, chosen: Chosen) -> Iterator[tuple[str, str, str]]:
        """What a version cannot be installed with: how it says so, package and version."""
        for version in self._find(chosen.package).version_list:
            if version.ver_str == chosen.version:
                for kind, verb in _REFUSALS.items():
                    for alternatives in version.depends_list.get(kind, ()):
                        for dependency in alternatives:
                            for target in dependency.all_targets():
                                yield verb, target.parent_pkg.name, target.ver_str

    def candidate(self, request: Request) -> Any:
        """apt's best version for a request; raises where there is none."""
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
            pinned = (v for v in fitting if policy.get_priority(v) >= _BEYOND_ALL)
            return next(pinned, fitting[0])
        usual = self._depcache.get_candidate_ver(package)
        # The list is sorted newest first, and max takes the first of equal ones.
        return usual if usual in fitting else max(fitting, key=policy.get_priority)

    def _comes_first(self, version: Any) -> bool:
        """Whether it is in an archive that the module names."""
        names = (Path(source[0].filename).name for source in version.file_list)
        return bool(self.frame.first) and any(name.startswith(self.frame.first) for name in names)

    def satisfied(self, request: Request) -> bool:
        """Whether what is installed satisfies the request."""
        package = self._find(request.name)
        version = package.current_ver if package else None
        return version is not None and allows(request, version.ver_str)

    def solve(
        self,
        requests: Sequence[Request],
        *,
        why: Mapping[str, str],
        prefer: Sequence[str] = (),
    ) -> Solution:
        """Let apt install the requests (those that are installed: move them to the candidate).

        `why` is the reason of each request.
        """
        wanted = [(request.name, self.candidate(request)) for request in requests]
        self._mark(wanted, prefer)
        new = [
            self._depcache.get_candidate_ver(package)
            for package in self._native()
            if self._depcache.marked_install(package)
            and package.current_ver is None
            and not self._depcache.is_garbage(package)
        ]
        return Solution(
            new=tuple(self._chosen(v) for v in sorted(new, key=lambda v: str(v.parent_pkg.name))),
            reasons=self._reasons(new, why),
            changes=tuple(sorted(self._changes(), key=lambda change: change.package)),
            unmet=tuple(name for name, version in wanted if not self._comes(version)),
        )

    def reach(self, names: Iterable[str]) -> frozenset[str]:
        """What essential packages and these depend on, directly or not, once apt has solved."""
        # apt calls itself essential, wherever it is.
        queue = [p for p in self._native() if p.essential and p.name != "apt" and self._present(p)]
        queue += filter(None, map(self._find, names))
        found = {package.name for package in queue}
        for package in queue:
            version = self._present(package)
            for _, other, target in self._targets(version, _NEEDS[:2]) if version else ():
                if other.name not in found and self._present(other) == target:
                    found.add(other.name)
                    queue.append(other)
        return frozenset(found)

    def _mark(self, wanted: Sequence[tuple[str, Any]], prefer: Sequence[str]) -> None:
        group: Any = apt_pkg.ActionGroup(self._depcache)
        with group:
            self._choose([version for _, version in wanted])
            for package in filter(None, map(self._find, prefer)):
                if package.version_list:
                    self._depcache.mark_install(package, True, False)
            for _, version in wanted:
                self._depcache.mark_install(version.parent_pkg, True, True)
        if self._depcache.broken_count:
            resolver = apt_pkg.ProblemResolver(self._depcache)
            for _, version in wanted:
                resolver.clear(version.parent_pkg)
                resolver.protect(version.parent_pkg)
            # Its failure shows in what is broken or not marked afterwards.
            try:
                resolver.resolve(True)
            except apt_pkg.Error:
                return

    def _choose(self, versions: Sequence[Any]) -> None:
        """Make them the candidates; what a first archive has made of the same sources comes along.

        What else they cannot do without comes from there, too. apt would do that for ``apt install
        name/release``, but stops at the first package that others provide.
        """
        for version in versions:
            self._depcache.set_candidate_ver(version.parent_pkg, version)
        named = [version for version in versions if self._comes_first(version)]
        if not named:
            return
        sources = {self._source(version) for version in named}
        for other in self._from_first():
            if self._may_come(other) and self._source(other) in sources:
                self._depcache.set_candidate_ver(other.parent_pkg, other)
        seen: set[int] = set()
        for version in named:
            self._bring(version, seen)

    def _bring(self, version: Any, seen: set[int]) -> None:
        """Where no candidate satisfies a dependency, let a first archive's version do so."""
        seen.add(version.id)
        self.brought[version.parent_pkg.name] = version.ver_str
        for kind in _NEEDS[:2]:
            for alternatives in version.depends_list.get(kind, ()):
                targets = [target for one in alternatives for target in one.all_targets()]
                found = next(filter(self._is_candidate, targets), None)
                if found is None:
                    found = next(filter(self._may_come, targets), None)
                    if found is None:
                        continue
                    self._depcache.set_candidate_ver(found.parent_pkg, found)
                if found.id not in seen and self._comes_first(found):
                    self._bring(found, seen)

    def _is_candidate(self, version: Any) -> bool:
        return bool(self._depcache.get_candidate_ver(version.parent_pkg) == version)

    def _may_come(self, version: Any) -> bool:
        return self._comes_first(version) and not self._settled(version.parent_pkg)

    def _from_first(self) -> Iterator[Any]:
        for package in self._native():
            yield from (v for v in package.version_list if self._comes_first(v))

    def _source(self, version: Any) -> tuple[str, str]:
        self._records.lookup(self._sources(version)[0])
        name, number = self._records.source_pkg, self._records.source_ver
        return name or version.parent_pkg.name, number or version.ver_str

    def _settled(self, package: Any) -> bool:
        """Whether pins leave a package one version only, or none."""
        candidate = self._depcache.get_candidate_ver(package)
        return candidate is None or self._depcache.policy.get_priority(candidate) >= _BEYOND_ALL

    def _comes(self, version: Any) -> bool:
        package = version.parent_pkg
        if self._depcache.is_inst_broken(package) or self._depcache.broken_count:
            return False
        if self._depcache.marked_install(package):
            return bool(self._depcache.get_candidate_ver(package) == version)
        return bool(package.current_ver == version and self._depcache.marked_keep(package))

    def _changes(self) -> Iterator[AptChange]:
        for package in self._cache.packages:
            now = package.current_ver
            if now is None:
                continue
            if self._depcache.marked_delete(package):
                yield AptChange(package=package.name, old=now.ver_str, new="")
            elif self._depcache.marked_upgrade(package) or self._depcache.marked_downgrade(package):
                new = self._depcache.get_candidate_ver(package).ver_str
                if new != now.ver_str:
                    yield AptChange(package=package.name, old=now.ver_str, new=new)

    def _reasons(self, new: Sequence[Any], why: Mapping[str, str]) -> dict[str, str]:
        """The first reason of each package, breadth first from the requests, by name."""
        chosen = {version.parent_pkg.name: version for version in new}
        reasons = {name: why[name] for name in sorted(why) if name in chosen}
        queue = list(reasons)
        # A request may stand in for one that is installed and moved; then its needs count as well.
        for name in queue:
            for kind, target in self._needs(chosen[name]):
                if target in chosen and target not in reasons:
                    verb = "recommends" if kind == "Recommends" else "depends on"
                    reasons[target] = f"{name} {verb} it"
                    queue.append(target)
        return {name: reasons.get(name, "an installed package depends on it") for name in chosen}

    def _needs(self, version: Any) -> Iterator[tuple[str, str]]:
        kinds = _NEEDS if self.recommends else _NEEDS[:2]
        for kind, package, target in self._targets(version, kinds):
            if self._depcache.get_candidate_ver(package) == target:
                yield kind, package.name

    def _targets(self, version: Any, kinds: Sequence[str]) -> Iterator[tuple[str, Any, Any]]:
        """The versions that satisfy a version's dependencies: kind, package, version."""
        for kind in kinds:
            for alternatives in version.depends_list.get(kind, ()):
                for dependency in alternatives:
                    for target in dependency.all_targets():
                        yield kind, target.parent_pkg, target

    def _present(self, package: Any) -> Any:
        """The version that is there once apt has solved; None where there is none."""
        if self._depcache.marked_install(package):
            return self._depcache.get_candidate_ver(package)
        return package.current_ver

    def _chosen(self, version: Any) -> Chosen:
        source = self._sources(version)[0]
        self._records.lookup(source)
        return Chosen(
            package=version.parent_pkg.name,
            version=version.ver_str,
            stanza=self._record(version, source[0].filename),
            index=Path(source[0].filename).name,
        )

    def _record(self, version: Any, index: str) -> str:
        """The stanza that was looked up; where it is no UTF-8, python-apt gives no text."""
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
        architecture = apt_pkg.config.find("APT::Architecture")
        known = (name, architecture) in self._cache
        return self._cache[name, architecture] if known else None

    def _native(self) -> Iterator[Any]:
        architecture = apt_pkg.config.find("APT::Architecture")
        return (package for package in self._cache.packages if package.architecture == architecture)

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


def status_text(installed: Iterable[Chosen]) -> str:
    """A status file with these packages installed."""
    return "\n".join(map(_status, installed))


def pins_text(pins: Mapping[str, str], barred: Collection[str] = ()) -> str:
    """Preferences that leave each package one version only; what is held is for that alone.

    Packages that are barred have none.
    """
    return "\n".join(
        (
            f"Package: *\nPin: release a={HELD_SUITE}\nPin-Priority: 100\n",
            *(
                f"Package: {package}\nPin: version {version}\nPin-Priority: {_BEYOND_ALL}\n"
                for package, version in sorted(pins.items())
                if package not in barred
            ),
            *(f"Package: {name}\nPin: version *\nPin-Priority: -1\n" for name in sorted(barred)),
        )
    )
