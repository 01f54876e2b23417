"""The proof of the whole design: core + slurm equal one installation, and every fault is seen."""

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qlumod.events import ignore
from qlumod.model.held import read_held
from qlumod.model.proof import parse_proof
from qlumod.repository.listing import listed
from qlumod.system.namespace import call_inside
from tests.integration.conftest import MainJob
from tests.proof.faults import Fault, faults

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).with_name("proof-core-slurm.json")
"""How many paths each permission covers; ``QLUMOD_GOLDEN=update pytest`` this file renews it."""
DRIFTING = "left out"
"""Changes with every package that brings another manual page; counted by the records instead."""


@pytest.fixture(scope="module")
def proof(main_job: MainJob) -> dict[str, Any]:
    answer = main_job.type("verify-stack", "core", "slurm", "--json")
    assert answer.status == 0, answer.out + answer.err
    document: dict[str, Any] = answer.document
    return document


@pytest.fixture(scope="module")
def counts(proof: dict[str, Any]) -> dict[str, int]:
    return {kind["name"]: kind["paths"] for kind in proof["permitted"]}


def test_the_stack_equals_one_installation(proof: dict[str, Any]) -> None:
    assert proof["equal"]
    assert [d for d in proof["differences"] if d["permitted"] is None] == []


def test_it_is_about_the_bytes_that_were_packaged(proof: dict[str, Any], main_job: MainJob) -> None:
    packaged = {
        name: held.payload
        for name in ("core", "slurm")
        for deb in [main_job.deb(f"qlustar-module-{name}-bookworm-amd64-14.0.0")]
        for held in read_held(listed(deb).texts, deb.name)
    }
    assert {one["module"]: one["payload"] for one in proof["modules"]} == packaged
    assert set(parse_proof(json.dumps(proof).encode(), "proof").stacks.values()) == {True}


def test_no_other_paths_differ_than_ever(counts: dict[str, int]) -> None:
    fixed = {name: count for name, count in counts.items() if name != DRIFTING}
    if os.environ.get("QLUMOD_GOLDEN") == "update":
        GOLDEN.write_text(json.dumps(fixed, indent=1) + "\n")
    assert fixed == json.loads(GOLDEN.read_text())


def test_all_that_is_recorded_as_left_out_is_left_out(
    counts: dict[str, int], main_job: MainJob
) -> None:
    recorded = {path for module in ("core", "slurm") for path in _left_out(main_job, module)}
    assert counts[DRIFTING] == len({path for path in recorded if not path.startswith("/boot/")})


def _left_out(main_job: MainJob, module: str) -> Iterator[str]:
    with gzip.open(main_job.payload(module) / "left-out.gz", "rt") as lines:
        for line in lines:
            yield line.rstrip("\n").partition("\t")[2]


@pytest.fixture(scope="module")
def reported(
    proof: dict[str, Any], main_job: MainJob, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[str]]:
    """What is reported of the real stack with each fault."""
    found: dict[str, list[str]] = call_inside(
        "tests.proof.on_stack:report_all",
        {
            "specs": str(main_job.specs),
            "cache": str(main_job.cache),
            "payloads": [str(main_job.payload(module)) for module in ("core", "slurm")],
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
