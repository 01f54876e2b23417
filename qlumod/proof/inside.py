"""The parts of the proof that run in namespaces without network; each writes a scanned tree."""

from collections.abc import Sequence
from pathlib import Path

from qlumod.events import Listener, step
from qlumod.proof.accounts import is_account_file
from qlumod.proof.tree import Tree, dumped
from qlumod.stack.chroot import in_root, inhabited
from qlumod.stack.mount import assembled
from qlumod.state.table import KINDS
from qlumod.system.memory import scratch_space
from qlumod.system.mmdebstrap import install as mmdebstrap
from qlumod.system.mmdebstrap import without_host
from qlumod.system.namespace import HOST_NAME
from qlumod.system.run import run
from qlumod.system.tree import scan


def install(
    *,
    listen: Listener,
    source: str,
    suite: str,
    packages: Sequence[str],
    architecture: str,
    epoch: int,
    debconf: Sequence[str],
    enable: Sequence[str],
    disable: Sequence[str],
    scratch: str,
    output: str,
) -> None:
    """Install packages as anybody would, switch the units that specs name, and scan the result."""
    with scratch_space(Path(scratch)) as space:
        root, answers = space / "root", space / "answers"
        answers.write_text("".join(f"{line}\n" for line in debconf))
        with (
            step(listen, f"installing {len(packages)} packages at once"),
            without_host(space, host_name=HOST_NAME),
        ):
            mmdebstrap(
                root,
                source=source,
                suite=suite,
                packages=packages,
                architecture=architecture,
                epoch=epoch,
                essential_hooks=[f'chroot "$1" debconf-set-selections <{answers}'][: len(debconf)],
                listen=listen,
            )
        with inhabited(root):
            for verb, units in (("enable", enable), ("disable", disable)):
                if units:
                    run(in_root(root, "systemctl", verb, *units, epoch=epoch), listen=listen)
        write_scan(root, Path(output), listen=listen)


def stack(
    *, listen: Listener, payloads: Sequence[str], epoch: int, scratch: str, output: str
) -> None:
    """Assemble the stack of some payloads, as an image would, and scan what a node would see."""
    with (
        scratch_space(Path(scratch)) as space,
        assembled([Path(p) for p in payloads], space, epoch=epoch, listen=listen) as root,
    ):
        write_scan(root, Path(output), listen=listen)


def write_scan(root: Path, output: Path, *, listen: Listener) -> None:
    """Scan a root and write the tree down."""
    with step(listen, "scanning"):
        output.write_bytes(dumped(scanned(root)))


def scanned(root: Path) -> Tree:
    """Scan a root, with the bytes of the files that rules of state look into."""
    entries = scan(root)
    looked_into = [
        entry.path
        for entry in entries.values()
        if entry.type == "f"
        and (is_account_file(entry.path) or any(kind.claims(entry.path) for kind in KINDS))
    ]
    return Tree(
        entries=entries,
        data={path: (root / path.lstrip("/")).read_bytes() for path in looked_into},
    )
