"""The process of the solver: modules and held packages in, choices out, both as JSON.

``python -m qlumod.packaging.debian.solving.process`` with APT_CONFIG naming a private root:
python-apt keeps its state in the process.
"""

import json
import sys
from dataclasses import asdict

import apt_pkg

from qlumod.errors import QlumodError
from qlumod.model.generated import ARCHIVE
from qlumod.model.json_values import Json
from qlumod.packaging.debian.solving.apt_solution import AptSolution
from qlumod.packaging.debian.solving.records import stanza_of
from qlumod.packaging.debian.solving.seen_archives import SeenArchives
from qlumod.packaging.debian.solving.solver_order import (
    Question,
    SolverOrder,
    faults_as_json,
    locked_package,
    solved_as_json,
)
from qlumod.packaging.debian.solving.worlds import AptWorlds
from qlumod.packaging.solving.package_entries import PackageEntry
from qlumod.packaging.solving.solution import Chosen, Solution, Solved
from qlumod.packaging.solving.solver import Solver
from qlumod.packaging.solving.world import Made

_UNTOLD = (
    "ask the owner of the archive for indexes that have it, or take its packages as a directory of "
    ".debs (--archive NAME=DIR)"
)


def _solved(order: SolverOrder) -> Solved:
    archives = SeenArchives(order.sources, order.shared)
    worlds = AptWorlds(order, archives)
    solver = Solver(worlds, order.problem)
    try:
        if not order.problem.modules:
            return Solved(gone=solver.absent(), offers=solver.offers(order.problem.sought))
        solver.solve()
    finally:
        worlds.close()
    return Solved(
        packages=tuple(locked_package(_entry(entry, archives)) for entry in solver.entries),
        indexes=archives.files,
    )


def _entry(entry: PackageEntry, archives: SeenArchives) -> Json:
    told = stanza_of(entry.chosen)
    return {
        "package": entry.chosen.package,
        "version": entry.chosen.version,
        "architecture": told.need("Architecture"),
        "source": told.get("Source", entry.chosen.package),
        "modules": entry.modules,
        "builds": entry.builds,
        "reason": entry.reason,
        "section": _restricted(told.get("Section")),
        **(_made(entry.made) if entry.made else _found(entry.chosen, archives)),
    }


def _found(chosen: Chosen, archives: SeenArchives) -> Json:
    told = stanza_of(chosen)
    return {
        "sha256": told.need("SHA256", remedy=_UNTOLD),
        "size": told.number("Size", remedy=_UNTOLD),
        "filename": told.need("Filename", remedy=_UNTOLD),
        "archive": archives.archive_of(chosen),
    }


def _made(made: Made) -> Json:
    # The digest of its inputs is known after all packages are.
    nothing = {"sha256": "", "size": 0, "filename": ""}
    return {**nothing, "archive": ARCHIVE, "generated": asdict(made.how)}


def _restricted(section: str) -> str:
    """A section outside the main area; sections of main have no area as prefix (Policy 2.4)."""
    return section if "/" in section else ""


def _solution(question: Question) -> Solution:
    """Solve in a world where Recommends are followed; `worlds.AptWorld` starts it."""
    world = AptSolution(question.frame, recommends=True)
    return world.solve(question.requests, why=question.why, prefer=question.prefer)


def _main() -> None:
    apt_pkg.init()
    try:
        order = json.loads(sys.stdin.buffer.read())
        told: Json
        if "question" in order:
            told = {"solution": _solution(Question.from_json(order["question"])).as_json}
        else:
            told = {"solved": solved_as_json(_solved(SolverOrder.from_json(order["solve"])))}
    except QlumodError as error:
        told = {"faults": faults_as_json(error)}
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    _main()
