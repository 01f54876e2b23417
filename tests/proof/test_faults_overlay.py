"""Faults of layers: what a whiteout or an opaque directory hides is reported as missing."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from qlumod.events import Listener, ignore
from qlumod.packaging.debian.packaging import DEBIAN
from qlumod.proof.scanned import scanned
from qlumod.proof.scanned_tree import dumped, loaded
from qlumod.proof.verdict import verdict
from qlumod.system.disk.mount import overlay, tmpfs
from qlumod.system.disk.within import Root
from qlumod.system.processes.namespace import call_inside
from tests.proof.expected import expectations
from tests.proof.faults import faults
from tests.proof.small import make_reference, make_stack

HIDDEN = [fault for fault in faults() if fault.unmounted]


def scan_hidden(*, listen: Listener, stack: str, scratch: str, outputs: Sequence[str]) -> None:
    """Scan the small stack under a layer with each fault."""
    del listen
    # overlayfs takes no overlay as its upper directory, which the test's directory may be on.
    with tmpfs(Path(scratch)) as space:
        for number, (fault, output) in enumerate(zip(HIDDEN, outputs, strict=True)):
            layer, view = space / f"layer-{number}", space / f"view-{number}"
            layer.mkdir()
            layer.chmod(0o700)
            view.mkdir()
            fault.deed(layer)
            with overlay([Path(stack), layer], view):
                Path(output).write_bytes(dumped(scanned(Root(view), DEBIAN)))


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_what_a_layer_hides_is_reported(tmp_path: Path) -> None:
    stack, scratch = tmp_path / "stack", tmp_path / "scratch"
    for place in (stack, scratch, tmp_path / "reference"):
        place.mkdir(mode=0o700)
    make_stack(stack)
    outputs = [tmp_path / f"tree-{number}" for number in range(len(HIDDEN))]
    call_inside(
        "tests.proof.test_faults_overlay:scan_hidden",
        {"stack": str(stack), "scratch": str(scratch), "outputs": list(map(str, outputs))},
        listen=ignore,
    )
    reference = scanned(Root(make_reference(tmp_path / "reference")), DEBIAN)
    assert len(HIDDEN) == 3
    for fault, output in zip(HIDDEN, outputs, strict=True):
        found = verdict(
            reference, loaded(output.read_bytes()), expected=expectations(), packaging=DEBIAN
        )
        reported = [failure.path for failure in found.failures]
        assert any(path.startswith(fault.names) for path in reported), (fault.name, reported)
        assert not any(path.startswith("/etc") for path in reported)
