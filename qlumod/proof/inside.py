"""The parts of the proof that run in namespaces without network; each writes a scanned tree."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from qlumod.events import Listener, step
from qlumod.model.manifest import INITRD
from qlumod.proof.kept_root import keep, restore
from qlumod.proof.scanned import scanned
from qlumod.proof.tree import dumped
from qlumod.stack.assemble import assemble
from qlumod.stack.chroot import in_root, inhabited
from qlumod.stack.initrd import remake_initrd
from qlumod.stack.member import read_member, stacked
from qlumod.system.memory import scratch_space
from qlumod.system.mmdebstrap import install as mmdebstrap
from qlumod.system.mmdebstrap import without_host
from qlumod.system.mount import all_squashfs, overlay
from qlumod.system.namespace import HOST_NAME
from qlumod.system.run import run


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
    upon: str = "",
    kept: str = "",
) -> None:
    """Install packages as anybody would, switch the units that specs name, and scan the result.

    `upon` is a kept root that more is installed into, and `kept` where this one is to be kept.
    """
    with scratch_space(Path(scratch)) as space:
        root, answers = space / "root", space / "answers"
        answers.write_text("".join(f"{line}\n" for line in debconf), encoding="utf-8")
        if upon:
            restore(Path(upon), root, listen=listen)
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
                upon=bool(upon),
                listen=listen,
            )
        with inhabited(root):
            if upon:
                _finish_triggers(root, epoch=epoch, listen=listen)
            for verb, units in (("enable", enable), ("disable", disable)):
                if units:
                    run(in_root(root, "systemctl", verb, *units, epoch=epoch), listen=listen)
        write_scan(root, Path(output), listen=listen)
        if kept:
            keep(root, Path(kept), listen=listen)


def _finish_triggers(root: Path, *, epoch: int, listen: Listener) -> None:
    """Do what at once waits for the end: the kernel asks for its initrd, and all have a part in it.

    In two steps it was asked for in the first one, and nobody asks again for a module's files.
    """
    if any((root / "boot").glob("initrd.img-*")):
        run(in_root(root, "update-initramfs", "-u", "-k", "all", epoch=epoch), listen=listen)


def stack(
    *, listen: Listener, payloads: Sequence[str], epoch: int, scratch: str, output: str
) -> None:
    """Assemble the stack of some payloads, as an image would, and scan what a node would see."""
    with (
        scratch_space(Path(scratch)) as space,
        assembled(payloads, space, epoch=epoch, listen=listen) as (*_, root),
    ):
        write_initrd(root, payloads, space / "initrd.img", listen)
        write_scan(root, Path(output), listen=listen)


def write_initrd(root: Path, payloads: Sequence[str], made: Path, listen: Listener) -> None:
    """Put the stack's own initrd where an installation has it; core's is compared by its digest."""
    members = stacked([read_member(Path(payload)) for payload in payloads])
    if remake_initrd(root, members, made, listen=listen):
        kernel = next(m.manifest.kernel for m in members if m.manifest.file(INITRD))
        shutil.copy(made, root / f"boot/initrd.img-{kernel}")


@contextmanager
def assembled(
    payloads: Sequence[str], space: Path, *, epoch: int, listen: Listener
) -> Iterator[tuple[Path, ...]]:
    """Mount the layers of some payloads with their common state; lowest first, the whole last."""
    members = stacked([read_member(Path(payload)) for payload in payloads])
    last, work, root = (space / name for name in ("last", "work", "root"))
    for place in (last, work, root):
        place.mkdir()
    with (
        all_squashfs([member.layer for member in members], space / "layers") as layers,
        overlay(layers, root, upper=last, work=work),
    ):
        assemble(root, members, epoch=epoch, listen=listen)
        yield (*layers, last, root)


def write_scan(root: Path, output: Path, *, listen: Listener) -> None:
    """Scan a root and write the tree down."""
    with step(listen, "scanning"):
        output.write_bytes(dumped(scanned(root)))
