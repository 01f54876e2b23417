"""The call of the solver's process: a problem in, locked packages out."""

import json
from collections.abc import Collection, Sequence

from qlumod.errors import raise_faults
from qlumod.events import Listener
from qlumod.model.lock import LockedPackage
from qlumod.packaging.debian.apt import AptRoot, AptSource
from qlumod.packaging.debian.python_apt import python_apt_needed, python_module
from qlumod.packaging.debian.solving.solver_order import (
    SolverOrder,
    SourceEntry,
    faults_from_json,
    solved_from_json,
)
from qlumod.packaging.solving.problem import OldPackage, Problem
from qlumod.packaging.solving.solution import PackageOffer, Solved
from qlumod.system.processes.run import capture


def solve(problem: Problem, root: AptRoot, shared: Collection[str], listen: Listener) -> Solved:
    """Let apt solve all modules; raises all errors that are found together.

    `shared` are the archives from which all modules take packages.
    """
    order = SolverOrder(
        root=str(root.path),
        architecture=root.architecture,
        sources=tuple(map(_entry, root.sources)),
        shared=tuple(sorted(shared)),
        problem=problem,
    )
    call = python_module(
        "qlumod.packaging.debian.solving.process",
        {"solve": order.as_json},
        environment=root.environment,
    )
    with python_apt_needed():
        told = json.loads(capture(call, listen=listen))
    raise_faults(faults_from_json(told.get("faults", ())))
    return solved_from_json(told["solved"])


def absent(
    packages: Sequence[LockedPackage],
    root: AptRoot,
    shared: Collection[str],
    listen: Listener,
) -> tuple[LockedPackage, ...]:
    """The packages whose locked version is in no archive any more."""
    solved = solve(Problem(old=tuple(map(_old, packages))), root, shared, listen)
    return tuple(packages[place] for place in solved.gone)


def package_offers(
    names: Sequence[str], root: AptRoot, shared: Collection[str], listen: Listener
) -> tuple[PackageOffer, ...]:
    """The versions of these packages in all archives; by package, the newest first."""
    return solve(Problem(sought=tuple(names)), root, shared, listen).offers


def _entry(source: AptSource) -> SourceEntry:
    return SourceEntry(
        archive=source.archive,
        stanza=source.stanza,
        components=source.components,
        suites=tuple((suite, source.base(suite)) for suite in source.suites),
    )


def _old(package: LockedPackage) -> OldPackage:
    return OldPackage(
        package=package.package,
        version=package.version,
        modules=package.modules,
        builds=package.builds,
        archive=package.archive,
        moving=False,
    )
