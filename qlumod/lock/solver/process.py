"""The solver's own process: modules and held packages in, choices out, both as JSON.

``python -m qlumod.lock.solver.process`` with APT_CONFIG naming a private root: python-apt keeps its
state in the process.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import apt_pkg

from qlumod.errors import QlumodError
from qlumod.lock.solver.algorithm import Solver, Sources
from qlumod.lock.solver.apt_cache import World
from qlumod.lock.solver.contract import (
    Chosen,
    Problem,
    Question,
    Reply,
    Solution,
    faults_as_json,
    locked_package,
)
from qlumod.lock.solver.kernels import Made
from qlumod.lock.solver.problem import PackageEntry, Slot
from qlumod.model.generated import ARCHIVE
from qlumod.model.json_values import Json
from qlumod.packaging.debian import apt

_UNTOLD = (
    "ask the owner of the archive for indexes that have it, or take its packages as a directory of "
    ".debs (--archive NAME=DIR)"
)


def _reply(problem: Problem) -> Reply:
    root = apt.AptRoot(path=Path(problem.root), architecture=problem.architecture, sources=())
    sources = Sources(problem.sources, problem.shared)
    solver = Solver(root, problem.modules, sources)
    slots = [Slot.of(old) for old in problem.old]
    try:
        if not problem.modules:
            return Reply(gone=tuple(solver.absent(slots)))
        solver.solve(slots)
    finally:
        solver.close()
    return Reply(
        packages=tuple(locked_package(_entry(entry, sources)) for entry in solver.entries),
        indexes=sources.files,
    )


def _entry(entry: PackageEntry, sources: Sources) -> Json:
    told = entry.chosen.told
    return {
        "package": entry.chosen.package,
        "version": entry.chosen.version,
        "architecture": told.need("Architecture"),
        "source": told.get("Source", entry.chosen.package),
        "modules": entry.modules,
        "builds": entry.builds,
        "reason": entry.reason,
        "section": _restricted(told.get("Section")),
        **(_made(entry.made) if entry.made else _found(entry.chosen, sources)),
    }


def _found(chosen: Chosen, sources: Sources) -> Json:
    told = chosen.told
    return {
        "sha256": told.need("SHA256", remedy=_UNTOLD),
        "size": told.number("Size", remedy=_UNTOLD),
        "filename": told.need("Filename", remedy=_UNTOLD),
        "archive": sources.archive_of(chosen),
    }


def _made(made: Made) -> Json:
    # The digest of its inputs is known when all packages are.
    nothing = {"sha256": "", "size": 0, "filename": ""}
    return {**nothing, "archive": ARCHIVE, "generated": asdict(made.how)}


def _restricted(section: str) -> str:
    """A section outside the main area, whose sections have no area in front (Policy 2.4)."""
    return section if "/" in section else ""


def _solution(question: Question) -> Solution:
    """Solve in a world where Recommends count: `qlumod.lock.solver.algorithm` asks for it."""
    world = World(question.frame, recommends=True)
    return world.solve(question.requests, why=question.why, prefer=question.prefer)


def _main() -> None:
    apt_pkg.init()
    try:
        order = json.loads(sys.stdin.buffer.read())
        told: Json
        if "question" in order:
            told = {"solution": _solution(Question.from_json(order["question"])).as_json}
        else:
            told = {"reply": _reply(Problem.from_json(order["problem"])).as_json}
    except QlumodError as error:
        told = {"faults": faults_as_json(error)}
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    _main()
