"""Asking the solver's process: specs in, locked packages out."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from qlumod.errors import raise_faults
from qlumod.events import Listener, ignore, step
from qlumod.lock.solver.contract import (
    Module,
    OldPackage,
    Problem,
    Reply,
    Request,
    SourceEntry,
    faults_from_json,
)
from qlumod.model.lock import LockedPackage
from qlumod.model.names import FlavorName, ModuleName
from qlumod.model.relation import Relation
from qlumod.model.spec import ModuleSpec, with_requirements
from qlumod.model.stacks import excluded
from qlumod.packaging.debian.apt import AptRoot
from qlumod.packaging.debian.python_apt import python_apt_needed, python_module
from qlumod.system.processes.run import capture


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPackage:
    """A package of the old lock."""

    package: LockedPackage
    moving: bool = False
    """Whether it moves, and what follows from it."""
    dropped: bool = False
    """Whether its version cannot be had any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """What apt chose, and where the indexes lie that it chose from."""

    packages: tuple[LockedPackage, ...]
    indexes: tuple[tuple[str, str, str], ...]
    """Archive, suite, and how the names of their files in the root's lists begin."""


def solve(
    specs: Sequence[ModuleSpec],
    *,
    flavor: FlavorName,
    root: AptRoot,
    shared: Collection[str],
    held: Sequence[HeldPackage] = (),
    listen: Listener = ignore,
) -> Solved:
    """Let apt solve all modules; raises all faults that are known together.

    `shared` are the archives that all modules take packages from.
    """
    excludes = excluded(specs)
    problem = replace(
        _problem(root, map(_old, held)),
        shared=tuple(sorted(shared)),
        modules=tuple(_module(spec, specs, excludes[spec.module], flavor) for spec in specs),
    )
    with step(listen, "Solving"):
        reply = _ask(problem, root, listen)
    return Solved(packages=reply.packages, indexes=reply.indexes)


def absent(
    packages: Sequence[LockedPackage], *, root: AptRoot, listen: Listener = ignore
) -> tuple[LockedPackage, ...]:
    """The packages that no archive has any more in the locked version."""
    old = (_old(HeldPackage(package=package)) for package in packages)
    reply = _ask(_problem(root, old), root, listen)
    return tuple(packages[place] for place in reply.gone)


def _problem(root: AptRoot, old: Iterable[OldPackage]) -> Problem:
    return Problem(
        root=str(root.path),
        architecture=root.architecture,
        sources=tuple(
            SourceEntry(
                archive=source.archive,
                stanza=source.stanza,
                components=source.components,
                suites=tuple((suite, source.base(suite)) for suite in source.suites),
            )
            for source in root.sources
        ),
        old=tuple(old),
    )


def _ask(problem: Problem, root: AptRoot, listen: Listener) -> Reply:
    order = {"problem": problem.as_json}
    call = python_module("qlumod.lock.solver.process", order, environment=root.environment)
    with python_apt_needed():
        told = json.loads(capture(call, listen=listen))
    raise_faults(faults_from_json(told.get("faults", ())))
    return Reply.from_json(told["reply"])


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
        kernel_modules=_requests(spec, "Kernel-Modules", spec.kernel_modules_for(flavor)),
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
    )
