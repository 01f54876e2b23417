"""Asking the solver's process: specs in, locked packages out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener, ignore
from qlumod.lock.process import python_module
from qlumod.model.lock import LockedPackage
from qlumod.model.names import FlavorName
from qlumod.model.spec import ModuleSpec, with_requirements
from qlumod.system.apt import AptRoot
from qlumod.system.run import capture

Json = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What stays: the old lock's packages that can be had, less those that are to move."""

    packages: tuple[LockedPackage, ...] = ()
    moving: tuple[str, ...] = ()


def solve(
    specs: Sequence[ModuleSpec],
    *,
    flavor: FlavorName,
    root: AptRoot,
    held: Held = Held(),
    listen: Listener = ignore,
) -> tuple[LockedPackage, ...]:
    """Let apt solve all modules in build order; raises all faults that are known together."""
    order = {
        "root": str(root.path),
        "architecture": root.architecture,
        "sources": [
            (source.archive, source.base(suite))
            for source in root.sources
            for suite in source.suites
        ],
        "modules": [_module(spec, specs, flavor) for spec in specs],
        "held": {
            spec.module: [p.package for p in held.packages if spec.module in p.modules]
            for spec in specs
        },
        "versions": {package.package: package.version for package in held.packages},
        "moving": list(held.moving),
    }
    answer = json.loads(
        capture(
            python_module("qlumod.lock.solver", order, environment=root.environment), listen=listen
        )
    )
    raise_faults(QlumodError(**fault) for fault in answer.get("faults", ()))
    return tuple(
        LockedPackage(**{**package, "modules": tuple(package["modules"])})
        for package in answer["result"]
    )


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
