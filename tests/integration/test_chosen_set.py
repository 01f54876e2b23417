"""The chosen set: what CI builds for real and holds against one installation, in each flavor.

In bookworm that is a stack of modules of each sort, with a vendor's kernel module that is compiled
for core's kernel, and a module whose scripts do all that vendors' do. Every fault is seen in it.
"""

import functools
import gzip
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from qlumod.events import ignore
from qlumod.model.held import read_held
from qlumod.model.manifest import parse_manifest
from qlumod.model.permit import permits
from qlumod.model.proof import parse_proof
from qlumod.proof.known_permits import known_permits
from qlumod.repository.index.listing import listed
from qlumod.system.processes.namespace import call_inside
from tests.conftest import ROOT, CommandLine
from tests.proof.faults import Fault, faults
from tests.support.contents import packages_in, paths_in
from tests.support.documents import copy_specs
from tests.support.vendors import make_stand_ins

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="building roots needs root"),
]

CLIENT = "beegfs-8-client"
CHOSEN = {
    "trixie": ("core", "slurm"),
    "bookworm": ("core", "slurm", "samba-4.17", "ha", CLIENT, "watch"),
}
WATCH = """\
Format: 1
Module: watch
Title: A site's own
Stack-Group: DataStack
Flavors: bookworm
Requires: core
Archive: beegfs-8
Packages: beegfs-mon
Description: An account, a unit, a diversion and an alternative of a vendor's
"""
ACCOUNTS = """
Group: beegfs-mon
Gid: 498
Packages: beegfs-mon

User: beegfs-mon
Uid: 498
Group: beegfs-mon
Home: /var/lib/beegfs-mon
Shell: /usr/sbin/nologin
Packages: beegfs-mon
"""
GOLDEN = Path(__file__).with_name("proof-chosen-set.json")
"""How many paths each permission covers; ``QLUMOD_GOLDEN=update pytest`` this file renews it."""
DRIFTING = "left out"
"""Changes with every package that brings another manual page; counted by the records instead."""


@dataclass(frozen=True)
class ProvedSet:
    """A set of one flavor: its payloads, and what verify-stack said."""

    flavor: str
    payloads: Mapping[str, Path]
    packages: Path
    """The directory of finished .debs."""
    document: Any

    @property
    def counts(self) -> dict[str, int]:
        return {kind["name"]: kind["paths"] for kind in self.document["permitted"]}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, own_packages: Path) -> Path:
    """The specs of all modules, with the stand-ins for the vendors' archives beside them."""
    place = tmp_path_factory.mktemp("chosen-set")
    # All of them are solved together; so the lock is that of a release.
    specs = copy_specs(place, *(path.stem for path in (ROOT / "module-specs").glob("*.module")))
    (specs / "watch.module").write_text(WATCH)
    with (specs / "accounts").open("a") as accounts:
        accounts.write(ACCOUNTS)
    (place / "dist").symlink_to(own_packages)
    (place / "stand-ins").mkdir()
    make_stand_ins(place / "stand-ins")
    return place


@pytest.fixture(scope="module")
def prove(place: Path, shared_cache: Path) -> Callable[[str], ProvedSet]:
    """Lock all modules of a flavor, build the chosen ones and prove them together; once each."""

    conf = place / "stand-ins/qlumod.conf"
    qlumod = CommandLine(place, shared_cache, {"QLUMOD_CONFIG": str(conf)})

    @functools.cache
    def prove(flavor: str) -> ProvedSet:
        asked, output = (*CHOSEN[flavor], "--flavor", flavor, "--json"), place / flavor
        qlumod.must("lock", "--flavor", flavor)
        # What lintian says of packages, the main job's tests ask.
        built = qlumod.must("build", *asked, "--no-lint", "--output", output).document
        return ProvedSet(
            flavor=flavor,
            payloads={made["module"]: Path(made["payload"]) for made in built["modules"]},
            packages=output,
            document=qlumod.must("verify-stack", *asked).document,
        )

    return prove


@pytest.fixture(scope="module", params=CHOSEN)
def proved(request: pytest.FixtureRequest, prove: Callable[[str], ProvedSet]) -> ProvedSet:
    """The set of one flavor, then that of the other."""
    return prove(request.param)


@pytest.fixture(scope="module")
def bookworm(prove: Callable[[str], ProvedSet]) -> ProvedSet:
    """The set that has everything."""
    return prove("bookworm")


def test_the_modules_are_built_of_a_lock_of_all_modules(proved: ProvedSet, place: Path) -> None:
    (lock,) = (place / "module-specs/locks").glob(f"*-{proved.flavor}-*.lock")
    assert "\nLeft-Out:" not in lock.read_text()
    debs = {path.name.partition("_")[0] for path in proved.packages.glob("*-14.0.0_*.deb")}
    assert debs == {
        f"qlustar-module-{module}-{proved.flavor}-amd64-14.0.0" for module in CHOSEN[proved.flavor]
    }


def test_the_stack_of_all_equals_one_installation(proved: ProvedSet) -> None:
    assert proved.document["equal"]
    assert [d for d in proved.document["differences"] if d["permitted"] is None] == []


def test_the_proof_is_about_the_bytes_that_were_packaged(proved: ProvedSet) -> None:
    packaged = {
        held.module: held.payload
        for deb in proved.packages.glob("*-14.0.0_*.deb")
        for held in read_held(listed(deb).texts, deb.name)
    }
    assert {one["module"]: one["payload"] for one in proved.document["modules"]} == packaged
    known = permits(known_permits())
    proof = parse_proof(json.dumps(proved.document).encode(), "proof", known=known)
    assert set(proof.stacks.values()) == {True}


def test_no_other_paths_differ_than_ever(proved: ProvedSet) -> None:
    known = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
    fixed = {name: count for name, count in proved.counts.items() if name != DRIFTING}
    if os.environ.get("QLUMOD_GOLDEN") == "update":
        GOLDEN.write_text(json.dumps({**known, proved.flavor: fixed}, indent=1) + "\n")
    else:
        golden = known[proved.flavor]
        others = {name for name, count in fixed.items() if golden.get(name) != count}
        found = proved.document["differences"]
        assert fixed == golden, [one["path"] for one in found if one["permitted"] in others]


def test_all_that_is_recorded_as_left_out_is_left_out(proved: ProvedSet) -> None:
    recorded = {path for payload in proved.payloads.values() for path in _left_out(payload)}
    assert proved.counts[DRIFTING] == len(
        {path for path in recorded if not path.startswith("/boot/")}
    )


def _left_out(payload: Path) -> Iterator[str]:
    with gzip.open(payload / "left-out.gz", "rt") as lines:
        for line in lines:
            yield line.rstrip("\n").partition("\t")[2]


def test_a_vendors_kernel_module_is_compiled_for_cores_kernel(bookworm: ProvedSet) -> None:
    kernels = {
        parse_manifest((bookworm.payloads[module] / "manifest").read_text(), "manifest").kernel
        for module in ("core", CLIENT)
    }
    (kernel,) = kernels
    found = paths_in(bookworm.payloads[CLIENT])
    compiled = f"beegfs-client-kernel-{kernel}"
    assert found[f"/usr/lib/modules/{kernel}/updates/dkms/beegfs.ko"] == compiled
    assert found["/etc/beegfs/beegfs-client.conf"] == compiled
    assert found["/usr/sbin/mount.beegfs"] == compiled
    assert not [path for path in found if path.startswith(("/usr/src", "/var/lib/dkms"))]
    (line,) = (line for line in packages_in(bookworm.payloads[CLIENT]) if line[0] == compiled)
    assert line[1].startswith("20:8.3.1+6.1.")


@pytest.fixture(scope="module")
def reported(
    bookworm: ProvedSet, place: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[str]]:
    """What is reported of the real stack with each fault."""
    found: dict[str, list[str]] = call_inside(
        "tests.proof.on_stack:report_all",
        {
            "specs": str(place / "module-specs"),
            "cache": str(shared_cache),
            "payloads": {module: str(path) for module, path in bookworm.payloads.items()},
            "scratch": str(tmp_path_factory.mktemp("faults") / "scratch"),
            "epoch": 0,
        },
        listen=ignore,
    )
    return found


@pytest.mark.parametrize("fault", faults(), ids=lambda fault: fault.name)
def test_every_fault_in_the_real_stack_is_reported(
    fault: Fault, reported: dict[str, list[str]]
) -> None:
    assert reported[""] == []
    assert any(path.startswith(fault.names) for path in reported[fault.name])
