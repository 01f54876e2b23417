"""Running the jobs of several modules in parallel, each after those that it requires."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Caution, Listener, ignore
from qlumod.layer.job import Job
from qlumod.model.names import ModuleName
from qlumod.system.disk.tmpfs import available_memory
from qlumod.system.processes.workers import workers

R = TypeVar("R")
Make = Callable[[Job, int], R]
"""Runs a job with that number of processors."""

ROOM = 1 << 30
"""The most bytes of memory of one module's build, besides the tree that it unpacks."""


@dataclass(slots=True, kw_only=True)
class Outcome(Generic[R]):
    """The results of the jobs, by module."""

    modules: tuple[ModuleName, ...]
    """All modules, required ones first."""
    done: dict[ModuleName, R] = field(default_factory=dict)
    failed: dict[ModuleName, QlumodError] = field(default_factory=dict)
    dropped: dict[ModuleName, ModuleName] = field(default_factory=dict)
    """The jobs that were not started, and the module below that failed."""

    def whole(self) -> Mapping[ModuleName, R]:
        """All results; raises all errors if any job failed."""
        raise_faults(self.failed.values())
        return self.done


def abreast(
    jobs: Sequence[Job],
    make: Make[R],
    *,
    processors: int | None = None,
    listen: Listener = ignore,
) -> Outcome[R]:
    """Run jobs in parallel, at most as many at once as there are processors (None: all).

    The running jobs share the processors. If one fails, the jobs that require it are dropped; the
    others go on.
    """
    total = processors or usable_processors()
    most = max(1, min(total, available_memory() // ROOM))
    outcome: Outcome[R] = Outcome(modules=tuple(job.spec.module for job in jobs))
    waiting = _longest_first(jobs)
    running: dict[Future[R], Job] = {}
    with workers(most) as pool:
        while True:
            ready = _ready(waiting, outcome)[: most - len(running)]
            share = max(1, total // max(1, len(running) + len(ready)))
            for job in ready:
                waiting.remove(job)
                running[pool.submit(make, job, share)] = job
            if not running:
                return outcome
            for ended in wait(running, return_when=FIRST_COMPLETED).done:
                _note(outcome, running.pop(ended), ended)
            waiting = _without_dropped(waiting, outcome, listen)


def usable_processors() -> int:
    """The number of processors that this process may use."""
    return len(os.sched_getaffinity(0))


def _longest_first(jobs: Sequence[Job]) -> list[Job]:
    """The jobs by the remaining work at their start, measured by the size of their packages."""
    ahead: dict[ModuleName, int] = {}
    for job in reversed(jobs):
        above = (ahead[upper.spec.module] for upper in jobs if job.spec.module in _below(upper))
        own = sum(package.size for package in job.packages)
        ahead[job.spec.module] = own + max(above, default=0)
    return sorted(jobs, key=lambda job: -ahead[job.spec.module])


def _below(job: Job) -> set[ModuleName]:
    return {lower.module for lower in job.below}


def _ready(waiting: Sequence[Job], outcome: Outcome[R]) -> list[Job]:
    """The jobs whose lower layers all exist: done, or not among these jobs."""
    missing = {*outcome.modules} - outcome.done.keys()
    return [job for job in waiting if not missing & _below(job)]


def _note(outcome: Outcome[R], job: Job, ended: Future[R]) -> None:
    match ended.exception():
        case None:
            outcome.done[job.spec.module] = ended.result()
        case QlumodError() as fault:
            outcome.failed[job.spec.module] = fault
        case other:
            raise other


def _without_dropped(waiting: Sequence[Job], outcome: Outcome[R], listen: Listener) -> list[Job]:
    kept = []
    for job in waiting:
        lost = sorted(_below(job) & outcome.failed.keys())
        if lost:
            module = job.spec.module
            outcome.dropped[module] = lost[0]
            listen(Caution(text=f"{module} is not built: it stands upon {lost[0]}, which failed"))
        else:
            kept.append(job)
    return kept
