"""Nothing is made for a lock by other tools than it records, whoever asks for it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.events import ignore
from qlumod.layer.job import Job
from qlumod.layer.payload_build import build_again, build_payloads, payload, plan_jobs
from qlumod.lock.verbs.lock_files import locked_project
from qlumod.package.delivery import Delivery
from qlumod.proof.reference import PROOF, Installation, kept_root, reference_tree
from qlumod.workflows.build import build_modules
from qlumod.workflows.new import Wanted, new
from qlumod.workflows.proof import verify_stack
from qlumod.workflows.proof_of_all import verify_all
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
