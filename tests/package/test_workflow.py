"""The very path of `qlumod build`: the package build finds the layer by its identity."""

from dataclasses import replace
from pathlib import Path

from qlumod.events import Event, Output
from qlumod.layer.inputs import documents, read_inputs, write_inputs
from qlumod.layer.job import Job
from qlumod.layer.payload_build import plan_jobs as plan_layers
from qlumod.model.accounts_file import parse_accounts
from qlumod.model.names import ModuleName
from qlumod.model.project import checked_project
from qlumod.package.delivery import Delivery
from qlumod.stack.payload import Payload
from qlumod.system.disk.store import Store
from qlumod.system.disk.workshop import Workshop
from qlumod.workflows.package import package_module
from tests.package.small import ACCOUNTS, lock, make_payload, plan, release, spec


def jobs() -> tuple[Job, ...]:
    accounts = parse_accounts(ACCOUNTS, "accounts")
    project = checked_project(release(), accounts, (spec("core"), spec("slurm")))
    return plan_layers(project, lock(), [ModuleName("slurm")])


def test_a_source_package_gives_the_layer_the_identity_that_the_whole_lock_gives_it(
    tmp_path: Path,
) -> None:
    for job in jobs():
        read = read_inputs(write_inputs(job, tmp_path / job.spec.module), job.spec.module)
        again = plan_layers(read.project, read.lock, [job.spec.module])[-1]
        assert again.identity == job.identity
        assert documents(again) == documents(job)


def test_debhelper_takes_the_layer_from_the_cache_by_our_own_program(tmp_path: Path) -> None:
    core, slurm = jobs()
    cache = tmp_path / "cache"
    for job in (core, slurm):
        made = replace(plan(job.spec.module), lock=job.lock)
        make_payload(cache / "layers" / job.identity, made)
    heard: list[Event] = []
    files = package_module(
        slurm,
        Payload(directory=cache / "layers" / slurm.identity),
        Workshop(store=Store(tmp_path / "packages"), cache=cache),
        to=Delivery(output=tmp_path / "dist", lint=False),
        listen=heard.append,
    )
    assert files[-1].name == "qlustar-module-slurm-bookworm-amd64_14.0.0-1_amd64.changes"
    lines = [event.line for event in heard if isinstance(event, Output)]
    assert f"slurm: nothing to build, layer {slurm.identity[:12]} is there" in lines
