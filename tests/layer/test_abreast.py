"""Modules are built side by side; what fails or is interrupted takes down no more than it must."""

import signal
import threading
import time
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import Caution, Event, StepDone, StepStarted
from qlumod.layer.job import Job
from qlumod.layer.payload_build import plan_jobs
from qlumod.layer.scheduler import abreast
from qlumod.model.names import ModuleName
from qlumod.package.delivery import Delivery
from qlumod.workflows.build import build_modules
from tests.conftest import CommandLine
from tests.layer.small_release import SmallRelease
from tests.support import debris

PATIENCE = 60.0


def jobs(release: SmallRelease, *names: str) -> tuple[Job, ...]:
    return plan_jobs(release.project, release.lock, [ModuleName(name) for name in names])


def test_siblings_are_at_work_at_once_and_share_the_processors(release: SmallRelease) -> None:
    both = threading.Barrier(2, timeout=PATIENCE)
    shares: dict[str, int] = {}

    def make(job: Job, share: int) -> None:
        shares[job.spec.module] = share
        if job.spec.module != "core":
            assert "core" in shares
            both.wait()

    outcome = abreast(jobs(release, "plain", "sibling"), make, processors=4)
    assert sorted(outcome.done) == ["core", "plain", "sibling"]
    assert shares == {"core": 4, "plain": 2, "sibling": 2}


def test_no_more_are_at_work_than_there_are_processors(release: SmallRelease) -> None:
    at_work: list[str] = []
    most = 0

    def make(job: Job, share: int) -> None:
        nonlocal most
        at_work.append(job.spec.module)
        most = max(most, len(at_work))
        time.sleep(0.05)
        at_work.remove(job.spec.module)
        assert share == 1

    names = ("plain", "sibling", "registered", "big")
    outcome = abreast(jobs(release, *names)[1:], make, processors=2)
    assert (sorted(outcome.done), most) == (sorted(names), 2)


def test_those_whose_packages_are_largest_begin_first(release: SmallRelease) -> None:
    begun: list[str] = []
    made = abreast(
        jobs(release, "plain", "big"), lambda job, _: begun.append(job.spec.module), processors=1
    )
    assert begun == ["core", "big", "plain"]
    assert made.modules == tuple(job.spec.module for job in jobs(release, "plain", "big"))


def test_where_one_fails_the_others_end_and_what_stands_upon_it_is_not_begun(
    release: SmallRelease,
) -> None:
    said: list[Event] = []

    def make(job: Job, share: int) -> str:
        if job.spec.module in ("core", "sibling"):
            raise QlumodError(f"{job.spec.module} fails")
        return "there"

    aside = abreast(jobs(release, "plain", "sibling")[1:], make, processors=2)
    assert aside.done == {"plain": "there"}
    with pytest.raises(QlumodError, match=r"^sibling fails$"):
        aside.whole()
    below = abreast(jobs(release, "plain", "sibling"), make, processors=2, listen=said.append)
    assert (below.done, below.dropped) == ({}, {"plain": "core", "sibling": "core"})
    assert sorted(event.text for event in said if isinstance(event, Caution)) == [
        "plain is not built: it stands upon core, which failed",
        "sibling is not built: it stands upon core, which failed",
    ]


def test_an_error_in_one_module_is_told_when_the_others_have_their_packages(
    release: SmallRelease, tmp_path: Path
) -> None:
    said: list[Event] = []
    with pytest.raises(QlumodError, match=r"^failing: cannot install the packages"):
        build_modules(
            release.place,
            ["failing", "plain", "sibling"],
            to=Delivery(output=tmp_path, lint=False),
            listen=said.append,
        )
    made = {path.name.split("_")[0] for path in tmp_path.glob("*.changes")}
    assert len(made) == 2 and not any("failing" in name for name in made)
    steps = [event.step for event in said if isinstance(event, StepStarted | StepDone)]
    assert "failing: installing 1 packages" in steps, "each step says of which module it is"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_of_qlumod_alone_ends_all_that_is_built_side_by_side(
    release: SmallRelease, tmp_path: Path, number: signal.Signals
) -> None:
    release.build("core")
    debris.adopt_orphans()
    before = [process.pid for process in debris.descendants()]
    work = tmp_path / "work"
    words = ("build", "dozing", "napping", "--jobs", "2", "--verbose", "--work", str(work))
    qlumod = CommandLine(tmp_path, release.cache)
    process = qlumod.start(*words, "--specs", release.specs)
    assert process.stdout is not None
    said: list[str] = []
    while not all(any(f"{name} sleeps" in line for line in said) for name in ("dozing", "napping")):
        said.append(process.stdout.readline())
        assert said[-1], "".join(said)
    process.send_signal(number)
    rest, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, rest.splitlines()[-1]) == (130, "qlumod: interrupted"), rest
    assert debris.left_running(before, [work]) == []
    assert debris.tree(work) == []
