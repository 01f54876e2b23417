"""The proof of all modules: what is derived, and what undoes a derivation (small .debs)."""

import os
from pathlib import Path

import pytest

from qlumod.events import Event, StepStarted, ignore
from qlumod.model.names import ModuleName
from qlumod.proof.design import ProofStack
from qlumod.proof.proved import Proved
from qlumod.workflows.lock import lock
from qlumod.workflows.proof_of_all import verify_all
from qlumod.workflows.workplace import Workplace
from tests.layer.small_release import CORE, core_debs, write_small_release
from tests.support.debs import make_deb

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="building roots needs root"),
]

MODULES = ("left", "right", "meddler", "seen")
ON_THE_SAME_FILE = "echo line >>/usr/share/both"
SCRIPTS = {
    "right": ON_THE_SAME_FILE,
    # No trigger tells anybody that it looks at other packages' files.
    "meddler": f"ls /usr/share/shared >/usr/share/listing; {ON_THE_SAME_FILE}",
}


def small_debs(directory: Path) -> None:
    """Packages that get along, but for what their maintainer scripts do."""
    core_debs(directory)
    for name in MODULES:
        make_deb(
            directory,
            name,
            files={f"/usr/share/shared/{name}": f"{name}\n"},
            scripts={"postinst": SCRIPTS[name]} if name in SCRIPTS else None,
        )


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Path:
    modules = {name: f"Requires: core\nPackages: {name}" for name in MODULES}
    place = tmp_path_factory.mktemp("all") / "specs"
    specs = write_small_release(place, {"core": CORE, **modules}, shared_cache)
    small_debs(specs / "debs")
    lock(Workplace(specs=specs, cache=shared_cache))
    return specs


@pytest.fixture(scope="module")
def found(specs: Path, shared_cache: Path) -> Proved:
    return verify_all(
        Workplace(specs=specs, cache=shared_cache), ("left", "right", "meddler"), listen=ignore
    )


def differing(found: Proved, *names: str) -> list[str]:
    shown = found.results[stack_of(*names)]
    return [failure.path for failure in shown.result.failures]


def test_a_derived_pair_shows_that_both_act_on_the_same_file_or_on_each_others(
    found: Proved,
) -> None:
    assert {
        (pair.one, pair.other): (
            str(found.results[pair.stack].result.way),
            differing(found, *pair.stack),
        )
        for pair in found.design.pairs
    } == {
        ("core", "left"): ("at once", []),
        ("core", "meddler"): ("at once", []),
        ("core", "right"): ("at once", []),
        ("left", "meddler"): ("in two steps", ["/usr/share/listing"]),
        ("left", "right"): ("in two steps", []),
        ("meddler", "right"): ("in two steps", ["/usr/share/both", "/usr/share/listing"]),
    }
    assert found.larger == (stack_of("core", "left", "meddler", "right"),)
    assert differing(found, *found.larger[0]) == ["/usr/share/both", "/usr/share/listing"]
    assert not found.equal
    # Two installations have them alike: it is the stack that differs.
    failures = [one for shown in found.results.values() for one in shown.result.failures]
    assert not any(failure.any_two for failure in failures)
    assert found.without == (("seen", "not asked for"),)


def test_what_core_does_in_sight_of_a_module_is_seen(specs: Path, shared_cache: Path) -> None:
    found = verify_all(Workplace(specs=specs, cache=shared_cache), ("seen",), listen=ignore)
    result = found.results[stack_of("core", "seen")].result
    assert list(map(str, result.otherwise or ())) == ["/usr/share/saw: missing file"]
    # The layers were made in two steps, too.
    assert differing(found, "core", "seen") == ["/usr/share/saw"]


def test_nothing_is_done_twice(specs: Path, found: Proved, shared_cache: Path) -> None:
    said: list[Event] = []
    again = verify_all(
        Workplace(specs=specs, cache=shared_cache), ("left", "right", "meddler"), listen=said.append
    )
    assert again == found
    begun = [event.step for event in said if isinstance(event, StepStarted)]
    assert set(begun) == {"proving"}


def stack_of(*names: str) -> ProofStack:
    return tuple(map(ModuleName, names))
