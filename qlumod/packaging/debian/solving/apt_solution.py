"""The packages that apt would install for requests, and the changes that they cause.

Only the solver's own process imports this: python-apt keeps its state in the process.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import apt_pkg

from qlumod.packaging.debian.solving.apt_cache import BEYOND_ALL, AptCache
from qlumod.packaging.solving.problem import Request
from qlumod.packaging.solving.solution import Solution, VersionChange

_NEEDS = ("PreDepends", "Depends", "Recommends")


class AptSolution(AptCache):
    """A cache in which apt marks the packages to install."""

    def solve(
        self,
        requests: Sequence[Request],
        *,
        why: Mapping[str, str],
        prefer: Sequence[str] = (),
    ) -> Solution:
        """Let apt install the requests (installed ones are moved to the candidate).

        `why` is the reason of each request.
        """
        wanted = [(request.name, self.best(request)) for request in requests]
        self._mark(wanted, prefer)
        new = [
            self._depcache.get_candidate_ver(package)
            # Of all packages of all archives, few are marked: the quickest question comes first.
            for package in self._cache.packages
            if self._depcache.marked_install(package)
            and self._is_native(package)
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
        """The transitive dependencies of these and the essential packages, after apt has solved."""
        # apt calls itself essential, whatever archive it comes from.
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
            # A failure shows afterwards: the package is broken or not marked.
            try:
                resolver.resolve(True)
            except apt_pkg.Error:
                return

    def _choose(self, versions: Sequence[Any]) -> None:
        """Make them the candidates, with the packages of the same source in a preferred archive.

        Dependencies that nothing else satisfies come from there, too. apt would do that for ``apt
        install name/release``, but stops at the first package that others provide.
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
        """If no candidate satisfies a dependency, choose a version of a preferred archive."""
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
        return candidate is None or self._depcache.policy.get_priority(candidate) >= BEYOND_ALL

    def _comes(self, version: Any) -> bool:
        package = version.parent_pkg
        if self._depcache.is_inst_broken(package) or self._depcache.broken_count:
            return False
        if self._depcache.marked_install(package):
            return bool(self._depcache.get_candidate_ver(package) == version)
        return bool(package.current_ver == version and self._depcache.marked_keep(package))

    def _changes(self) -> Iterator[VersionChange]:
        for package in self._cache.packages:
            now = package.current_ver
            if now is None:
                continue
            if self._depcache.marked_delete(package):
                yield VersionChange(package=package.name, old=now.ver_str, new="")
            elif self._depcache.marked_upgrade(package) or self._depcache.marked_downgrade(package):
                new = self._depcache.get_candidate_ver(package).ver_str
                if new != now.ver_str:
                    yield VersionChange(package=package.name, old=now.ver_str, new=new)

    def _reasons(self, new: Sequence[Any], why: Mapping[str, str]) -> dict[str, str]:
        """The first reason of each package, breadth first from the requests, by name."""
        chosen = {version.parent_pkg.name: version for version in new}
        reasons = {name: why[name] for name in sorted(why) if name in chosen}
        queue = list(reasons)
        # A request may name an installed package that is moved; its dependencies are searched as
        # well.
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
        """The version that is installed after apt has solved; None if there is none."""
        if self._depcache.marked_install(package):
            return self._depcache.get_candidate_ver(package)
        return package.current_ver
