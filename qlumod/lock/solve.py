"""Asking the solver's process: specs in, locked packages out."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener, ignore, step
from qlumod.model.generated import Generated
from qlumod.model.lock import LockedPackage
from qlumod.model.names import FlavorName, ModuleName
from qlumod.model.relation import Relation
from qlumod.model.spec import ModuleSpec, with_requirements
from qlumod.model.stacks import excluded
from qlumod.system.apt import AptRoot
from qlumod.system.python_apt import python_apt_needed, python_module
from qlumod.system.run import capture

Json = Any


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
    with step(listen, "Solving"):
        answer = _ask(
            root,
            listen,
            task="solve",
            shared=sorted(shared),
            modules=[_module(spec, specs, excludes[spec.module], flavor) for spec in specs],
            held=[_slot(one) for one in held],
        )
    packages = tuple(_package(package) for package in answer["packages"])
    return Solved(
        packages=packages,
        indexes=tuple((a, s, name) for a, s, name in answer["indexes"]),
    )


def absent(
    packages: Sequence[LockedPackage], *, root: AptRoot, listen: Listener = ignore
) -> tuple[LockedPackage, ...]:
    """The packages that no archive has any more in the locked version."""
    held = [_slot(HeldPackage(package=package)) for package in packages]
    places = _ask(root, listen, task="absent", shared=[], modules=[], held=held)
    return tuple(packages[place] for place in places)


def _ask(root: AptRoot, listen: Listener, **order: Json) -> Json:
    order |= {
        "root": str(root.path),
        "architecture": root.architecture,
        "sources": [
            {
                "archive": source.archive,
                "stanza": source.stanza,
                "components": source.components,
                "suites": [(suite, source.base(suite)) for suite in source.suites],
            }
            for source in root.sources
        ],
    }
    call = python_module("qlumod.lock.solver", order, environment=root.environment)
    with python_apt_needed():
        answer = json.loads(capture(call, listen=listen))
    raise_faults(QlumodError(**fault) for fault in answer.get("faults", ()))
    return answer["result"]


def _module(
    spec: ModuleSpec,
    specs: Sequence[ModuleSpec],
    excludes: Collection[ModuleName],
    flavor: FlavorName,
) -> Json:
    below = [other.module for other in with_requirements([spec.module], specs)]
    return {
        "name": spec.module,
        "path": spec.path,
        "requires": [name for name in below if name != spec.module],
        "excludes": sorted(excludes),
        "archives": list(spec.archives_for(flavor)),
        "requests": _requests(spec, "Packages", spec.packages_for(flavor)),
        "kernel_modules": _requests(spec, "Kernel-Modules", spec.kernel_modules_for(flavor)),
        "build": _requests(spec, "Build-Packages", spec.build_packages_for(flavor)),
        "recommends": spec.recommends,
        "prefer": list(spec.prefer),
    }


def _requests(spec: ModuleSpec, name: str, relations: Sequence[Relation]) -> list[Json]:
    return [
        {
            "name": relation.name,
            "operator": relation.operator,
            "version": relation.version,
            "place": f"{spec.path}:{relation.line}: {name}: "
            if relation.line
            else f"{spec.path}: {name}: ",
        }
        for relation in relations
    ]


def _slot(held: HeldPackage) -> Json:
    return {
        "package": held.package.package,
        "version": "" if held.dropped else held.package.version,
        "modules": list(held.package.modules),
        "builds": list(held.package.builds),
        "archive": held.package.archive,
        "moving": held.moving,
    }


def _package(given: Json) -> LockedPackage:
    lists: Json = {name: tuple(sorted(given[name])) for name in ("modules", "builds")}
    how = given.get("generated")
    generated: Json = Generated(**{k: _frozen(v) for k, v in how.items()}) if how else None
    return LockedPackage(**{**given, **lists, "generated": generated})


def _frozen(value: Json) -> Json:
    return tuple(value) if isinstance(value, list) else value
