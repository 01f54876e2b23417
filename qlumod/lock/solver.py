"""The solver's own process: modules and held packages in, choices out, both as JSON.

``python -m qlumod.lock.solver`` with APT_CONFIG naming a private root: python-apt keeps its state
in the process.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import apt_pkg

from qlumod.errors import Faults, QlumodError
from qlumod.lock.kernels import Made
from qlumod.lock.problem import Entry, Module, Slot
from qlumod.lock.solving import Solver, Sources
from qlumod.lock.world import Chosen, Frame, Request, World
from qlumod.model.contents import ARCHIVE
from qlumod.system import apt

Json = Any
_UNTOLD = (
    "ask the owner of the archive for indexes that have it, or take its packages as a directory of "
    ".debs (--archive NAME=DIR)"
)


def _answer(order: Json) -> Json:
    root = apt.AptRoot(path=Path(order["root"]), architecture=order["architecture"], sources=())
    sources = Sources(order["sources"], order["shared"])
    solver = Solver(root, [Module.read(module) for module in order["modules"]], sources)
    slots = [Slot.read(given) for given in order["held"]]
    try:
        if order["task"] == "absent":
            return solver.absent(slots)
        solver.solve(slots)
    finally:
        solver.close()
    return {
        "packages": [_entry(entry, sources) for entry in solver.entries],
        "indexes": sources.files,
    }


def _entry(entry: Entry, sources: Sources) -> Json:
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


def _with_recommends(order: Json) -> Json:
    """Solve in a world where Recommends count: `qlumod.lock.solving` asks for it."""
    world = World(Frame.from_json(order["frame"]), recommends=True)
    requests = [Request(**request) for request in order["requests"]]
    return asdict(world.solve(requests, why=order["why"], prefer=order["prefer"]))


def _faults(error: QlumodError) -> Iterator[Json]:
    for fault in error.faults if isinstance(error, Faults) else (error,):
        yield {"brief": fault.brief, "details": list(fault.details), "remedy": fault.remedy}


def _main() -> None:
    apt_pkg.init()
    try:
        order = json.loads(sys.stdin.buffer.read())
        if order["task"] == "one":
            answer: Json = _with_recommends(order)
        else:
            answer = {"result": _answer(order)}
    except QlumodError as error:
        answer = {"faults": list(_faults(error))}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    _main()
