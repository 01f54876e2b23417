"""Every fault in a small stack is reported, and a sound stack has none."""

from pathlib import Path

import pytest

from qlumod.packaging.debian.packaging import DEBIAN
from qlumod.proof.scanned import scanned
from qlumod.proof.scanned_tree import ScannedTree
from qlumod.proof.verdict import Verdict, verdict
from qlumod.system.disk.within import Root
from tests.proof.expected import expectations
from tests.proof.faults import Fault, faults
from tests.proof.small import LEFT_OUT, make_reference, make_stack


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> ScannedTree:
    return scanned(Root(make_reference(tmp_path_factory.mktemp("reference"))), DEBIAN)


def judge(reference: ScannedTree, stack: ScannedTree) -> Verdict:
    return verdict(reference, stack, expected=expectations(), packaging=DEBIAN)


def test_a_sound_stack_has_only_permitted_differences(
    reference: ScannedTree, tmp_path: Path
) -> None:
    found = judge(reference, scanned(Root(make_stack(tmp_path)), DEBIAN))
    assert [str(failure) for failure in found.failures] == []
    assert found.counts == {
        "left out": len(LEFT_OUT),
        "alternative left out": 2,
        "diversion left out": 1,
        "checksum left out": 1,
        "TeX file left out": 0,
        "left out, unpackaged": 0,
        "kernel module left out": 1,
        "secret": 1,
        "kernel and initrd": 2,
        "for boot loaders": 0,
        "account ids": 2,
        "day of an account": 0,
        "order of entries": 1,
        "bookkeeping": 2,
        "log": 0,
        "man index": 0,
        "font cache": 0,
        "of the build": 2,
        "device": 1,
        "run-time directory": 1,
        "machine id": 0,
        "access list": 0,
    }


@pytest.mark.parametrize(
    "fault", [fault for fault in faults() if not fault.unmounted], ids=lambda fault: fault.name
)
def test_every_fault_is_reported(fault: Fault, reference: ScannedTree, tmp_path: Path) -> None:
    fault.deed(make_stack(tmp_path))
    found = judge(reference, scanned(Root(tmp_path), DEBIAN))
    assert any(failure.path.startswith(fault.names) for failure in found.failures), found.failures
