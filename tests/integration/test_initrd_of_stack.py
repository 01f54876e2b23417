"""The initrds of real stacks are those that mkinitramfs makes, though most of it does not run."""

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from qlumod.events import ignore
from qlumod.model.json_values import Json
from qlumod.system.processes.namespace import call_inside
from tests.conftest import CommandLine
from tests.support.documents import copy_specs

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="building roots needs root"),
]

FLAVORS = ("bookworm", "trixie")
MODULES = ("core", "ofed", "samba-4.22", "ha")
SETTINGS = ["etc/modprobe.d/mlx4.conf", "etc/modprobe.d/truescale.conf"]
Payloads = Callable[[str], Mapping[str, Path]]


@pytest.fixture(scope="module")
def payloads(
    tmp_path_factory: pytest.TempPathFactory, shared_cache: Path, own_packages: Path
) -> Payloads:
    """The payloads of the modules of a flavor, by name; built once each."""
    place = tmp_path_factory.mktemp("initrds")
    copy_specs(place, "core", "slurm", "ofed", "samba", "ha")
    (place / "dist").symlink_to(own_packages)
    qlumod = CommandLine(place, shared_cache)

    @functools.cache
    def built(flavor: str) -> Mapping[str, Path]:
        asked = ("--flavor", flavor, "--no-lint", "--output", place / flavor, "--json")
        qlumod.must("lock", "--flavor", flavor)
        made = qlumod.must("build", *MODULES, *asked).document["modules"]
        return {module["module"]: Path(module["payload"]) for module in made}

    return built


def told(function: str, payloads: Sequence[Path], space: Path) -> Mapping[str, Json]:
    """What a function of `stack_initrds` says of a stack."""
    return call_inside(
        f"tests.integration.stack_initrds:{function}",
        {"payloads": [str(payload) for payload in payloads], "space": str(space)},
        listen=ignore,
    )


@pytest.mark.parametrize("flavor", FLAVORS)
def test_the_initrd_of_core_has_the_bytes_of_mkinitramfs_by_itself(
    payloads: Payloads, tmp_path: Path, flavor: str
) -> None:
    found = told("initrds_of_core", [payloads(flavor)["core"]], tmp_path / "space")
    assert found["beside the layer"] == found["made"] == found["by itself"]
    assert found["known"] is (flavor == "bookworm")


@pytest.mark.parametrize("flavor", FLAVORS)
@pytest.mark.parametrize("above", [("ofed", "samba-4.22"), ("ofed", "samba-4.22", "ha")])
def test_core_with_an_addition_unpacks_to_what_mkinitramfs_makes_of_the_stack(
    payloads: Payloads, tmp_path: Path, flavor: str, above: Sequence[str]
) -> None:
    built = payloads(flavor)
    found = told("initrds_of_stack", [built[m] for m in ("core", *above)], tmp_path / "space")
    assert found["differ"] == []
    assert found["behind core's"]
    new = found["new"]
    assert new[:2] == SETTINGS
    # The hook of ha brings a program with its library, and rules of udev.
    assert ("usr/bin/sg_inq" in new[2:]) is ("ha" in above)
    assert bool(new[2:]) is ("ha" in above)
