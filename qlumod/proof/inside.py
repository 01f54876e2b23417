"""The parts of the proof that run in namespaces without network; each writes a scanned tree."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from qlumod.events import Listener, step
from qlumod.model.manifest import INITRD
from qlumod.packaging.choice import packaging_at
from qlumod.packaging.debian.apt_order import Order
from qlumod.packaging.debian.archive import FrozenArchive
from qlumod.packaging.interfaces import Packaging
from qlumod.proof.kept_root import keep_root, restore_root
from qlumod.proof.scanned import scanned
from qlumod.proof.scanned_tree import dumped
from qlumod.stack import apt_in_root as apt
from qlumod.stack.assemble import assemble
from qlumod.stack.bootstrap import bootstrap, forget_installation
from qlumod.stack.declared import forget_declared
from qlumod.stack.initrd import remake_initrd
from qlumod.stack.mounted import Mounted, mounted
from qlumod.stack.order import stacked
from qlumod.stack.payload import Payload
from qlumod.state.state_table import StateTable
from qlumod.system.disk.tmpfs import scratch_space
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.enclosure import enclosed


def install_reference(
    *,
    listen: Listener,
    packaging: str,
    order: Mapping[str, Any],
    asked: Mapping[str, Sequence[str]],
    places: Mapping[str, str],
) -> None:
    """Install packages as anybody would, switch the units that specs name, and scan the result.

    `packaging` is the place of one, `order` has fields of an `Order`, and `asked` the lines of
    specs: debconf, enable, disable.
    `places` are the `scratch` space, the `output` of the scan, `upon`, a kept root that more is
    installed into, and `kept`, where this one is to be kept; the last two may be missing.
    """
    wanted = Order(
        archive=FrozenArchive.from_document(order["archive"]),
        packages=tuple(order["packages"]),
        architecture=order["architecture"],
        epoch=order["epoch"],
    )
    with scratch_space(Path(places["scratch"])) as space:
        root = _installed(wanted, asked["debconf"], places.get("upon"), space, listen=listen)
        _switch(
            root,
            {verb: asked[verb] for verb in ("enable", "disable")},
            epoch=wanted.epoch,
            listen=listen,
        )
        table = packaging_at(packaging).state
        write_scan(root, table, Path(places["output"]), listen=listen)
        if "kept" in places:
            keep_root(root, Path(places["kept"]), listen=listen)


def _installed(
    order: Order, debconf: Sequence[str], upon: str | None, space: Path, *, listen: Listener
) -> Root:
    place = space / "root"
    with step(listen, f"installing {len(order.packages)} packages at once"):
        if upon:
            root = restore_root(Path(upon), place, listen=listen)
        else:
            root = bootstrap(place, order, listen=listen)
        _answer(root, debconf, epoch=order.epoch, listen=listen)
        apt.install(root, order, listen=listen)
        forget_installation(root)
    if upon:
        _finish_triggers(root, epoch=order.epoch, listen=listen)
    return root


def _answer(root: Root, debconf: Sequence[str], *, epoch: int, listen: Listener) -> None:
    if debconf:
        text = "".join(f"{line}\n" for line in debconf).encode()
        with enclosed(root) as place:
            place.run("debconf-set-selections", stdin=text, epoch=epoch, listen=listen)


def _switch(
    root: Root, units: Mapping[str, Sequence[str]], *, epoch: int, listen: Listener
) -> None:
    for verb, names in units.items():
        if names:
            with enclosed(root) as place:
                place.run("systemctl", verb, *names, epoch=epoch, listen=listen)


def _finish_triggers(root: Root, *, epoch: int, listen: Listener) -> None:
    """Do what at once waits for the end: the kernel asks for its initrd, and all have a part in it.

    In two steps it was asked for in the first one, and nobody asks again for a module's files.
    """
    if root.matching("/boot/initrd.img-*"):
        with enclosed(root) as place:
            place.run("update-initramfs", "-u", "-k", "all", epoch=epoch, listen=listen)


def stack(
    *,
    listen: Listener,
    packaging: str,
    payloads: Sequence[str],
    epoch: int,
    scratch: str,
    output: str,
) -> None:
    """Assemble the stack of some payloads, as an image would, and scan what a node would see.

    `packaging` is the place of one.
    """
    deals = packaging_at(packaging)
    members = stacked(Payload(directory=Path(payload)) for payload in payloads)
    with (
        scratch_space(Path(scratch)) as space,
        assembled(members, space, packaging=deals, epoch=epoch, listen=listen) as together,
    ):
        write_initrd(together.root, members, space / "initrd.img", listen)
        write_scan(together.root, deals.state, Path(output), listen=listen)


def write_initrd(root: Root, members: Sequence[Payload], made: Path, listen: Listener) -> None:
    """Put the stack's own initrd where an installation has it; core's is compared by its digest."""
    if remake_initrd(root, members, made, listen=listen):
        kernel = next(m.manifest.kernel for m in members if m.manifest.file(INITRD))
        root.write(f"/boot/initrd.img-{kernel}", made.read_bytes())


@contextmanager
def assembled(
    members: Sequence[Payload],
    space: Path,
    *,
    packaging: Packaging,
    epoch: int,
    listen: Listener,
) -> Iterator[Mounted]:
    """Mount the layers of some payloads, lowest first, with their common state."""
    with mounted(members, space) as together:
        assemble(together.root, members, packaging=packaging, epoch=epoch, listen=listen)
        forget_declared(together, members)
        yield together


def write_scan(root: Root, table: StateTable, output: Path, *, listen: Listener) -> None:
    """Scan a root and write the tree down."""
    with step(listen, "scanning"):
        output.write_bytes(dumped(scanned(root, table)))
