"""Doing each fault to a real stack, in namespaces: what the proof then reports."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qlumod.events import Listener, step
from qlumod.lock.verbs.lock_files import locked_project
from qlumod.model.names import ModuleName
from qlumod.model.spec import with_requirements
from qlumod.packaging.debian.packaging import DEBIAN
from qlumod.proof.expected import expectations
from qlumod.proof.inside import assembled, write_initrd
from qlumod.proof.permitted import Expectations
from qlumod.proof.reference import Installation
from qlumod.proof.scanned import is_looked_into, looked_into, scanned
from qlumod.proof.scanned_tree import ScannedTree, loaded
from qlumod.proof.verdict import verdict
from qlumod.stack.order import stacked
from qlumod.stack.payload import Payload
from qlumod.system.disk.mount import overlay
from qlumod.system.disk.tmpfs import scratch_space
from qlumod.system.disk.tree_scan import entry_of, scan
from qlumod.workflows.workplace import Workplace
from tests.proof.faults import Fault, faults

LISTED = looked_into(DEBIAN)


@dataclass(frozen=True)
class StackProof:
    """Everything about a proof but the stack."""

    reference: ScannedTree
    expected: Expectations

    @classmethod
    def of(cls, specs: Path, cache: Path, payloads: Mapping[str, Path]) -> "StackProof":
        project, lock = locked_project(Workplace(specs=specs, cache=cache))
        modules = [ModuleName(name) for name in payloads]
        installation = Installation(
            packaging=DEBIAN.name, lock=lock, specs=with_requirements(modules, project.specs)
        )
        kept = cache / "proof" / f"{installation.identity}.tree.gz"
        return cls(
            reference=loaded(kept.read_bytes()),
            expected=expectations(
                project, installation, [Payload(directory=path) for path in payloads.values()]
            ),
        )

    def failures(self, stack: ScannedTree) -> list[str]:
        """The paths that are reported."""
        found = verdict(self.reference, stack, expected=self.expected, packaging=DEBIAN)
        return [failure.path for failure in found.failures]


def report_all(
    *,
    listen: Listener,
    specs: str,
    cache: str,
    payloads: Mapping[str, str],
    scratch: str,
    epoch: int,
) -> dict[str, list[str]]:
    """The paths that are reported without a fault (under an empty name), and with each one."""
    proof = StackProof.of(Path(specs), Path(cache), {m: Path(p) for m, p in payloads.items()})
    members = stacked(Payload(directory=Path(payload)) for payload in payloads.values())
    with (
        scratch_space(Path(scratch)) as space,
        assembled(members, space, packaging=DEBIAN, epoch=epoch, listen=listen) as stack,
    ):
        root = stack.root
        write_initrd(DEBIAN.initrd, root, members, space / "initrd.img", listen=listen)
        sound = scanned(root, DEBIAN)
        answers = {"": proof.failures(sound)}
        with step(listen, "doing faults", total=len(faults())) as advance:
            for number, fault in enumerate(faults()):
                place = space / f"fault-{number}"
                answers[fault.name] = proof.failures(_with_fault(fault, root.place, sound, place))
                advance(1)
    return answers


def _with_fault(fault: Fault, root: Path, sound: ScannedTree, place: Path) -> ScannedTree:
    upper, work, view = (place / name for name in ("upper", "work", "view"))
    for directory in (upper, work, view):
        directory.mkdir(parents=True)
    if fault.unmounted:
        upper.chmod(0o755)
        fault.deed(upper)
    with overlay([root], view, upper=upper, work=work):
        if not fault.unmounted:
            fault.deed(view)
        return _rescanned(sound, upper, view)


def _rescanned(sound: ScannedTree, upper: Path, view: Path) -> ScannedTree:
    """The tree after a fault: only what the overlay's upper directory has is looked at again."""
    entries, data = dict(sound.entries), dict(sound.data)
    for path, entry in scan(upper, digests=False).items():
        gone = entry.whiteout or ("trusted.overlay.opaque", b"y") in entry.xattrs
        for old in [old for old in entries if gone and old.startswith(f"{path}/")]:
            del entries[old]
            data.pop(old, None)
        if not os.path.lexists(view / path.lstrip("/")):
            entries.pop(path, None)
            data.pop(path, None)
            continue
        entries[path] = entry_of(view, path)
        if is_looked_into(entries[path], LISTED):
            data[path] = (view / path.lstrip("/")).read_bytes()
    return ScannedTree(entries=dict(sorted(entries.items())), data=data)
