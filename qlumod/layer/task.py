"""Tasks in namespaces: calling a function for a job, and reading the task inside."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qlumod.events import Listener
from qlumod.layer.cache import payload_path
from qlumod.layer.inputs import read_inputs, write_inputs
from qlumod.layer.job import Job
from qlumod.model.lock import LockedPackage
from qlumod.model.names import ModuleName
from qlumod.packaging.choice import packaging_at, packaging_place
from qlumod.packaging.database import FileLists
from qlumod.packaging.installer import Order, Supply
from qlumod.packaging.interfaces import Packaging
from qlumod.packaging.recorded_tools import supplied
from qlumod.stack.order import stacked
from qlumod.stack.payload import Payload
from qlumod.system.disk.tmpfs import scratch_space
from qlumod.system.disk.within import Root
from qlumod.system.disk.workshop import Workshop
from qlumod.system.processes.namespace import call_inside

Document = Mapping[str, Any]
"""A task as JSON values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A job to carry out in namespaces, with its input and its output."""

    job: Job
    packaging: Packaging
    """The packaging of its packages."""
    supply: Supply
    """Exactly the packages."""
    below: tuple[Payload, ...]
    """The payloads of the required modules, lowest first."""
    space: Path
    """An empty work directory."""
    output: Path
    """The directory for the result."""
    processors: int | None
    listen: Listener

    def file_lists(self, root: Root) -> FileLists:
        """The paths of each package of the module, from the database in the root."""
        database = self.packaging.database
        return {p.package: database.file_list(root, p) for p in self.job.packages}


def make_inside(
    function: str,
    job: Job,
    packages: Iterable[LockedPackage],
    *,
    output: Path,
    workshop: Workshop,
    listen: Listener,
) -> None:
    """Run a function (``package.module:name``) on packages, in namespaces.

    `output` is made, the directory of the result; all other files are beside it.
    """
    place = output.parent
    supply = supplied(
        order_of(job, packages),
        job.lock,
        place / "archive",
        packaging=job.packaging,
        workshop=workshop,
        listen=listen,
    )
    output.mkdir(mode=0o755)
    task = {
        "inputs": str(write_inputs(job, place / "inputs")),
        "module": job.spec.module,
        "packaging": packaging_place(job.packaging),
        "supply": supply.document,
        "below": [str(payload) for payload in _below(job, workshop.cache)],
        "scratch": str(place / "scratch"),
        "output": str(output),
        "processors": workshop.processors,
    }
    call_inside(function, {"task": task}, listen=listen)


def order_of(job: Job, packages: Iterable[LockedPackage]) -> Order:
    """Packages for the flavor and the architecture of a job, at its time."""
    lock = job.lock
    return Order(
        packages=tuple(packages),
        flavor=lock.flavor,
        architecture=lock.architecture,
        epoch=job.epoch,
    )


def _below(job: Job, cache: Path) -> Iterator[Path]:
    for lower in job.below:
        yield lower.installed or payload_path(cache, lower.identity)


@contextmanager
def taken_up(task: Document, listen: Listener) -> Iterator[Task]:
    """Inside: the task of `make_inside`, with a work directory."""
    processors, packaging = task["processors"], packaging_at(task["packaging"])
    with scratch_space(Path(task["scratch"]), processors=processors) as space:
        yield Task(
            job=read_inputs(Path(task["inputs"]), ModuleName(task["module"])),
            packaging=packaging,
            supply=packaging.installer.supply_from(task["supply"]),
            below=stacked(Payload(directory=Path(payload)) for payload in task["below"]),
            space=space,
            output=Path(task["output"]),
            processors=processors,
            listen=listen,
        )
