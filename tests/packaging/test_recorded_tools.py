"""Nothing is made for a lock by other tools than it records, whoever asks for it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import ignore
from qlumod.layer.job import Job
from qlumod.layer.payload_build import build_again, build_payloads, payload, plan_jobs
from qlumod.lock.verbs.check import check_specs
from qlumod.lock.verbs.lock_files import locked_project
from qlumod.lock.verbs.solve_lock import Wish
from qlumod.package.delivery import Delivery
from qlumod.proof.reference import PROOF, Installation, kept_root, reference_tree
from qlumod.system.processes.host_release import host_release
from qlumod.workflows.build import build_modules, plan_build
from qlumod.workflows.lock import lock
from qlumod.workflows.new import Wanted, new
from qlumod.workflows.proof import verify_stack
from qlumod.workflows.proof_of_all import verify_all
from qlumod.workflows.show import show_modules
from qlumod.workflows.workplace import Workplace
from tests.packaging.test_toy_modules import built, place
from tests.packaging.toy.packaging import TOY

__all__ = ["place"]

REFUSED = """\
the lock of 14.0.0 for toyland and amd64 was made with other tools, which would build other bytes
  toymaker: the lock has 1, this machine 2
To mend it: build where these versions are, or run `qlumod lock`, which keeps the packages and \
records the tools of this machine"""


def jobs_of(place: Workplace) -> tuple[Job, ...]:
    project, lock = locked_project(place)
    return plan_jobs(project, lock, [spec.module for spec in project.specs])


def installation_of(place: Workplace) -> Installation:
    project, lock = locked_project(place)
    return Installation(packaging=TOY.name, lock=lock, specs=project.specs)


MAKERS: dict[str, Callable[[Workplace], object]] = {
    "build": lambda place: build_modules(
        place, [], to=Delivery(output=place.cache, lint=False), listen=ignore
    ),
    "verify-stack": lambda place: verify_stack(place, ["trains"], listen=ignore),
    "verify-stack --fresh": lambda place: verify_stack(
        place, ["trains"], fresh=True, listen=ignore
    ),
    "verify-stack --all": lambda place: verify_all(place, listen=ignore),
    "payloads": lambda place: build_payloads(jobs_of(place), place.workshop, listen=ignore),
    "one payload": lambda place: payload(jobs_of(place)[0], place.workshop, listen=ignore),
    "a second build": lambda place: build_again(jobs_of(place)[0], place.workshop, listen=ignore),
    "a reference installation": lambda place: reference_tree(
        installation_of(place), place.workshop, fresh=True, listen=ignore
    ),
    "a kept root": lambda place: kept_root(
        installation_of(place), place.workshop, fresh=True, listen=ignore
    ),
}
"""All that makes layers or installations: verbs, and what they call."""


def files_in(cache: Path) -> list[Path]:
    return sorted(
        path for name in ("layers", PROOF) for path in (cache / name).rglob("*") if path.is_file()
    )


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes this machine one that has another version of the tool."""
    return lambda: monkeypatch.setattr(
        type(TOY), "tools", staticmethod(lambda: (("toymaker", "2"),))
    )


@pytest.mark.parametrize("maker", MAKERS)
def test_a_machine_with_other_tools_makes_nothing(
    place: Workplace, other: Callable[[], None], maker: str
) -> None:
    other()
    with pytest.raises(QlumodError) as caught:
        MAKERS[maker](place)
    assert str(caught.value) == REFUSED
    assert files_in(place.cache) == []


def test_nor_over_layers_that_a_shared_cache_has(
    place: Workplace, other: Callable[[], None]
) -> None:
    built(place)
    before = files_in(place.cache)
    other()
    with pytest.raises(QlumodError) as caught:
        verify_stack(place, ["trains"], listen=ignore)
    assert str(caught.value) == REFUSED
    assert files_in(place.cache) == before


def test_a_tool_that_the_lock_does_not_record_is_another_tool(place: Workplace) -> None:
    (path,) = (place.specs / "locks").iterdir()
    path.write_text(path.read_text().replace(" toymaker 1\n", " chisel 4\n"))
    with pytest.raises(QlumodError) as caught:
        verify_stack(place, ["trains"], listen=ignore)
    assert caught.value.details == (
        "chisel: the lock has 4, this machine none",
        "toymaker: the lock has none, this machine 1",
    )


def test_the_trial_of_a_new_module_has_the_identity_of_this_machines_tools(
    place: Workplace, other: Callable[[], None]
) -> None:
    built(place)
    before = files_in(place.cache)
    other()
    new(place, Wanted(module="ferries", packages=["boat"]), dry_run=True, listen=ignore)
    assert set(before) < set(files_in(place.cache))
    there = {path.relative_to(place.cache / "layers").parts[0] for path in before}
    made = {path.relative_to(place.cache / "layers").parts[0] for path in files_in(place.cache)}
    assert len(made - there) == 2, "core and ferries: nothing of the other machine's is used"


HERE = host_release()


@pytest.fixture
def foreign(place: Workplace) -> Workplace:
    """The lock was made on a machine with another release, and with another version of the tool."""
    (path,) = (place.specs / "locks").iterdir()
    text = path.read_text()
    assert f"Host: {HERE}\nTools:\n toymaker 1\n" in text
    path.write_text(
        text.replace(
            f"Host: {HERE}\nTools:\n toymaker 1\n", "Host: debian 4\nTools:\n toymaker 0\n"
        )
    )
    return place


def lock_of(place: Workplace) -> str:
    (path,) = (place.specs / "locks").iterdir()
    return path.read_text()


def test_a_machine_with_another_release_does_not_take_the_lock_over(foreign: Workplace) -> None:
    before = lock_of(foreign)
    with pytest.raises(QlumodError) as caught:
        lock(foreign)
    assert str(caught.value) == (
        "the lock of 14.0.0 for toyland and amd64 belongs to machines with debian 4, and this one "
        f"has {HERE}: with its tools, all modules would get other bytes\n"
        "  toymaker: the lock has 0, this machine 1\n"
        "To mend it: run it on a machine with debian 4, or with --dry-run; or let the lock belong "
        f"to machines with {HERE}: --move-host, which keeps the packages"
    )
    assert lock_of(foreign) == before


def test_nor_does_it_build_from_it(foreign: Workplace) -> None:
    with pytest.raises(QlumodError) as caught:
        verify_stack(foreign, ["trains"], listen=ignore)
    assert caught.value.remedy == (
        f"build on a machine with debian 4; or let the lock belong to machines with {HERE}: "
        "`qlumod lock --move-host`, which keeps the packages"
    )


def test_it_can_be_looked_at_and_planned_there(foreign: Workplace) -> None:
    before = lock_of(foreign)
    check_specs(foreign.specs)
    assert [shown.spec.module for shown in show_modules(foreign, ["trains"])] == ["trains"]
    assert plan_build(foreign, ["trains"])[-1].action == "build"
    assert lock(foreign, dry_run=True).difference.moved == ()
    assert lock_of(foreign) == before


def test_a_lock_is_moved_on_demand_with_its_packages(foreign: Workplace) -> None:
    packages = locked_project(foreign)[1].packages
    moved = lock(foreign, Wish(move_host=True)).lock
    assert (moved.host, moved.tools, moved.packages) == (HERE, (("toymaker", "1"),), packages)


def test_another_release_with_the_same_tools_is_no_other_machine(foreign: Workplace) -> None:
    (path,) = (foreign.specs / "locks").iterdir()
    path.write_text(lock_of(foreign).replace(" toymaker 0\n", " toymaker 1\n"))
    assert lock(foreign).lock.host == HERE
