"""The input of a lock's solution: archives, modules, and old packages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from qlumod.model.lock import Lock, LockedPackage
from qlumod.model.names import FlavorName, ModuleName, PackageName
from qlumod.model.project import Project
from qlumod.model.relation import Relation
from qlumod.model.spec import ModuleSpec, with_requirements
from qlumod.model.stacks import excluded
from qlumod.packaging.solving.problem import Module, OldPackage, Problem, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPackage:
    """A package of the old lock."""

    package: LockedPackage
    moving: bool = False
    """Whether it moves, with the packages that follow."""
    dropped: bool = False
    """Whether its version is no longer available."""


def archives_of(project: Project, flavor: FlavorName) -> tuple[frozenset[str], frozenset[str]]:
    """The archives that all modules use, and those that only some modules name."""
    named = {name for spec in project.specs for name in spec.archives_for(flavor)}
    shared = project.release.shared_archives(flavor)
    return shared, frozenset(named - shared)


def problem_of(
    project: Project, flavor: FlavorName, held: Sequence[HeldPackage], kept: Lock | None
) -> Problem:
    """All modules to solve, and the packages of the old lock, of which a new one keeps much."""
    specs = project.specs
    excludes = excluded(specs)
    same = kept is not None and kept.release == project.release.digest
    before = dict(kept.specs) if kept and same else {}
    return Problem(
        modules=tuple(
            replace(
                _module(spec, specs, excludes[spec.module], flavor),
                unchanged=before.get(spec.module) == spec.digest,
            )
            for spec in specs
        ),
        old=tuple(map(_old, held)),
    )


def _module(
    spec: ModuleSpec,
    specs: Sequence[ModuleSpec],
    excludes: Iterable[ModuleName],
    flavor: FlavorName,
) -> Module:
    below = [other.module for other in with_requirements([spec.module], specs)]
    return Module(
        name=spec.module,
        path=spec.path,
        requires=tuple(name for name in below if name != spec.module),
        excludes=tuple(sorted(excludes)),
        archives=spec.archives_for(flavor),
        requests=_requests(spec, "Packages", spec.packages_for(flavor)),
        kernel_modules=tuple(
            replace(one, options=spec.build_options_for(flavor, PackageName(one.name)))
            for one in _requests(spec, "Kernel-Modules", spec.kernel_modules_for(flavor))
        ),
        build=_requests(spec, "Build-Packages", spec.build_packages_for(flavor)),
        recommends=spec.recommends,
        prefer=tuple(spec.prefer),
    )


def _requests(spec: ModuleSpec, name: str, relations: Sequence[Relation]) -> tuple[Request, ...]:
    return tuple(
        Request(
            name=relation.name,
            operator=relation.operator,
            version=relation.version,
            place=f"{spec.path}:{relation.line}: {name}: "
            if relation.line
            else f"{spec.path}: {name}: ",
        )
        for relation in relations
    )


def _old(held: HeldPackage) -> OldPackage:
    return OldPackage(
        package=held.package.package,
        version="" if held.dropped else held.package.version,
        modules=held.package.modules,
        builds=held.package.builds,
        archive=held.package.archive,
        moving=held.moving,
        reason=held.package.reason,
    )
