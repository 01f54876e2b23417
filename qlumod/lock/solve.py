"""Asking the solver's process: specs in, locked packages out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener, ignore, step
from qlumod.lock.process import python_apt_needed, python_module
from qlumod.model.lock import LockedPackage
from qlumod.model.names import FlavorName, PackageName
from qlumod.model.spec import ModuleSpec, with_requirements
from qlumod.system.apt import AptRoot
from qlumod.system.run import capture

Json = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What stays: the old lock's packages.

    Those in `dropped` cannot be had any more; what follows from those that are `moving` moves, too.
    """

    packages: tuple[LockedPackage, ...] = ()
    dropped: tuple[PackageName, ...] = ()
    moving: tuple[PackageName, ...] = ()


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
    held: Held = Held(),
    listen: Listener = ignore,
) -> Solved:
    """Let apt solve all modules in build order; raises all faults that are known together."""
    with step(listen, "Solving"):
        answer = _ask(
            root,
            listen,
            task="solve",
            modules=[_module(spec, specs, flavor) for spec in specs],
            held={
                spec.module: [p.package for p in held.packages if spec.module in p.modules]
                for spec in specs
            },
            versions={
                package.package: package.version
                for package in held.packages
                if package.package not in held.dropped
            },
            moving=list(held.moving),
        )
    packages = (
        LockedPackage(**{**package, "modules": tuple(package["modules"])})
        for package in answer["packages"]
    )
    return Solved(
        packages=tuple(packages), indexes=tuple((a, s, name) for a, s, name in answer["indexes"])
    )


def absent(
    packages: Sequence[LockedPackage], *, root: AptRoot, listen: Listener = ignore
) -> tuple[LockedPackage, ...]:
    """The packages that no archive has any more in the locked version."""
    versions = {package.package: package.version for package in packages}
    names = set(_ask(root, listen, task="absent", modules=[], versions=versions))
    return tuple(package for package in packages if package.package in names)


def _ask(root: AptRoot, listen: Listener, **order: Json) -> Json:
    order |= {
        "root": str(root.path),
        "architecture": root.architecture,
        "sources": [
            (source.archive, suite, source.base(suite))
            for source in root.sources
            for suite in source.suites
        ],
    }
    call = python_module("qlumod.lock.solver", order, environment=root.environment)
    with python_apt_needed():
        answer = json.loads(capture(call, listen=listen))
    raise_faults(QlumodError(**fault) for fault in answer.get("faults", ()))
    return answer["result"]


def _module(spec: ModuleSpec, specs: Sequence[ModuleSpec], flavor: FlavorName) -> Json:
    below = [other.module for other in with_requirements([spec.module], specs)]
    return {
        "name": spec.module,
        "path": spec.path,
        "requires": [name for name in below if name != spec.module],
        "requests": [
            {
                "name": relation.name,
                "operator": relation.operator,
                "version": relation.version,
                "place": f"{_place(spec, relation.line)}: ",
            }
            for relation in spec.packages_for(flavor)
        ],
        "recommends": spec.recommends,
        "prefer": list(spec.prefer),
    }


def _place(spec: ModuleSpec, line: int) -> str:
    return f"{spec.path}:{line}: Packages" if line else f"{spec.path}: Packages"
