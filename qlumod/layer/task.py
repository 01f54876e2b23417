"""Making something of a job in namespaces: how that is asked for, and how it is taken up there."""

from collections.abc import Iterator, Mapping, Sequence
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
from qlumod.packaging.choice import packaging_at, packaging_named
from qlumod.packaging.debian.archive import POOL, FrozenArchive, Heading, frozen_archive
from qlumod.packaging.interfaces import Packaging
from qlumod.stack.order import stacked
from qlumod.stack.payload import Payload
from qlumod.system.disk.tmpfs import scratch_space
from qlumod.system.disk.workshop import Workshop
from qlumod.system.processes.namespace import call_inside

Document = Mapping[str, Any]
"""A task as JSON has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What there is to make something of, in namespaces, and where it goes."""

    job: Job
    packaging: Packaging
    """What deals with its packages."""
    archive: FrozenArchive
    """The packages, and nothing else."""
    below: tuple[Payload, ...]
    """What the module stands upon, lowest first."""
    space: Path
    """An empty directory to work in."""
    output: Path
    """The directory of what is made."""
    processors: int | None
    listen: Listener

    @property
    def debs(self) -> Path:
        """Where the .debs lie."""
        return self.archive.directory / POOL


def make_inside(
    function: str,
    job: Job,
    packages: Sequence[LockedPackage],
    *,
    output: Path,
    workshop: Workshop,
    listen: Listener,
) -> None:
    """Let a function (``package.module:name``) make something of packages, in namespaces.

    `output` is made, the directory of what is made; all else lies beside it.
    """
    place = output.parent
    archive = frozen_archive(
        packages,
        store=workshop.store,
        directory=place / "archive",
        # mmdebstrap looks for the essential packages in the suite that it is told to install.
        heading=Heading(epoch=job.epoch, architecture=job.lock.architecture, suite=job.lock.flavor),
        processors=workshop.processors,
        listen=listen,
    )
    output.mkdir(mode=0o755)
    task = {
        "inputs": str(write_inputs(job, place / "inputs")),
        "module": job.spec.module,
        "packaging": packaging_named(job.packaging).place,
        "archive": archive.document,
        "below": [str(payload) for payload in _below(job, workshop.cache)],
        "scratch": str(place / "scratch"),
        "output": str(output),
        "processors": workshop.processors,
    }
    call_inside(function, {"task": task}, listen=listen)


def _below(job: Job, cache: Path) -> Iterator[Path]:
    for lower in job.below:
        yield lower.installed or payload_path(cache, lower.identity)


@contextmanager
def taken_up(task: Document, listen: Listener) -> Iterator[Task]:
    """Inside: what `make_inside` asks for, with room to work in."""
    processors = task["processors"]
    with scratch_space(Path(task["scratch"]), processors=processors) as space:
        yield Task(
            job=read_inputs(Path(task["inputs"]), ModuleName(task["module"])),
            packaging=packaging_at(task["packaging"]),
            archive=FrozenArchive.from_document(task["archive"]),
            below=stacked(Payload(directory=Path(payload)) for payload in task["below"]),
            space=space,
            output=Path(task["output"]),
            processors=processors,
            listen=listen,
        )
