"""The proof of all modules: what is derived, and what undoes a derivation (small .debs)."""

import os
from pathlib import Path

import pytest

from qlumod.events import Event, StepStarted, ignore
from qlumod.model.names import ModuleName
from qlumod.proof.checked import Way
from qlumod.proof.proved import Proved, Shown
from qlumod.workflows.lock import lock
from qlumod.workflows.proof_of_all import verify_all
from tests.layer.conftest import test_cache, write_site
from tests.support.debs import make_deb

__all__ = ["test_cache"]

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
    # Of core: configured first where there are two steps, and at once with all others in sight.
    make_deb(
        directory,
        "watcher",
        scripts={"postinst": "if [ -e /usr/share/shared/seen ]; then echo >/usr/share/saw; fi"},
    )
    for name in MODULES:
        make_deb(
            directory,
            name,
            files={f"/usr/share/shared/{name}": f"{name}\n"},
            scripts={"postinst": SCRIPTS[name]} if name in SCRIPTS else None,
        )


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory, test_cache: Path) -> Path:
    modules = {name: f"Requires: core\nPackages: {name}" for name in MODULES}
    place = tmp_path_factory.mktemp("all") / "specs"
    specs = write_site(place, {"core": "Packages: adduser, watcher", **modules})
    small_debs(specs / "debs")
    lock(specs, cache=test_cache)
    return specs


@pytest.fixture(scope="module")
def found(specs: Path, test_cache: Path) -> Proved:
    return verify_all(specs, cache=test_cache, listen=ignore)


def pairs(found: Proved) -> dict[str, Shown]:
    return {
        f"{pair.one} {pair.other}": found.results[pair.stack]
        for pair in found.design.pairs
        if "core" not in (pair.one, pair.other)
    }


def differing(shown: Shown) -> list[str]:
    return [failure.path for failure in shown.result.failures]


def test_pairs_are_derived_where_two_steps_are_as_good_and_else_installed_at_once(
    found: Proved,
) -> None:
    assert {name: (shown.result.way, shown.why) for name, shown in pairs(found).items()} == {
        "left meddler": (Way.IN_STEPS, ""),
        "left right": (Way.IN_STEPS, ""),
        "left seen": (Way.AT_ONCE, SPOILT),
        "meddler right": (Way.IN_STEPS, ""),
        "meddler seen": (Way.AT_ONCE, SPOILT),
        "right seen": (Way.AT_ONCE, SPOILT),
    }


SPOILT = "seen in two steps is another installation"


def test_what_core_does_in_sight_of_a_module_spoils_two_steps(found: Proved) -> None:
    result = found.results[module_names("core", "seen")].result
    assert [str(difference) for difference in result.otherwise or ()] == [
        "/usr/share/saw: missing file"
    ]
    # The layers were made in two steps, too.
    assert differing(found.results[module_names("core", "seen")]) == ["/usr/share/saw"]


def test_the_largest_set_is_taken_once_more_without_what_spoils_it(found: Proved) -> None:
    assert found.larger == (
        module_names("core", "left", "meddler", "right", "seen"),
        module_names("core", "left", "meddler", "right"),
    )
    spoilt, sound = (found.results[stack].result.otherwise for stack in found.larger)
    assert (bool(spoilt), sound) == (True, ())


def test_a_derived_pair_shows_that_both_act_on_the_same_file_or_on_each_others(
    found: Proved,
) -> None:
    assert differing(pairs(found)["left right"]) == []
    assert differing(pairs(found)["left meddler"]) == ["/usr/share/listing"]
    assert differing(pairs(found)["meddler right"]) == ["/usr/share/both", "/usr/share/listing"]
    assert not found.equal


def test_nothing_is_done_twice(specs: Path, found: Proved, test_cache: Path) -> None:
    said: list[Event] = []
    again = verify_all(specs, cache=test_cache, listen=said.append)
    assert again == found
    assert not any("installing" in event.step for event in said if isinstance(event, StepStarted))


def test_all_pairs_are_installed_at_once_where_that_is_asked(
    specs: Path, found: Proved, test_cache: Path
) -> None:
    again = verify_all(specs, ("left", "right"), cache=test_cache, at_once=True, listen=ignore)
    assert {shown.result.way for shown in again.results.values()} == {Way.AT_ONCE}
    assert again.without == (("meddler", "not asked for"), ("seen", "not asked for"))
    assert again.equal


def module_names(*names: str) -> tuple[ModuleName, ...]:
    return tuple(map(ModuleName, names))
