"""The parts of the proof that run in namespaces without network; each one writes a scan."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qlumod.events import Listener, step
from qlumod.model.cpio import unpacked_initrd
from qlumod.model.lock_file import parse_lock
from qlumod.model.manifest import INITRD
from qlumod.packaging.choice import packaging_at
from qlumod.packaging.initrd import InitrdMaker, path_of
from qlumod.packaging.installer import Order
from qlumod.packaging.interfaces import Packaging
from qlumod.proof.kept_root import keep_root, restore_root
from qlumod.proof.scanned import scanned
from qlumod.proof.scanned_tree import dumped
from qlumod.stack.assemble import assemble
from qlumod.stack.declared import forget_declared
from qlumod.stack.initrd import make_initrd, remake_initrd
from qlumod.stack.looking import MOST_INITRD
from qlumod.stack.mounted import Mounted, mounted
from qlumod.stack.order import stacked
from qlumod.stack.payload import Payload
from qlumod.system.disk.documents import read_document
from qlumod.system.disk.regular_files import read_bytes
from qlumod.system.disk.tmpfs import scratch_space
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.enclosure import enclosed


def install_reference(
    *,
    listen: Listener,
    packaging: str,
    order: Mapping[str, Any],
    asked: Mapping[str, Sequence[str]],
    secrets: Sequence[str],
    places: Mapping[str, str],
) -> None:
    """Install packages in the usual way, enable and disable units of the specs, and scan the root.

    `packaging` is the place of a packaging. `order` has the packages and their sources, as
    `qlumod.proof.reference` writes it. `asked` has the lines of specs: debconf, enable, disable.
    `secrets` are patterns of paths that are not in the initrd, as they are not in that of a stack.
    `places` has paths: the `scratch` space, the `output` of the scan, `upon` (a kept root to
    install into) and `kept` (the file for the new root); the last two are optional.
    """
    site = _Site(packaging=packaging_at(packaging), order=_order(order), listen=listen)
    with scratch_space(Path(places["scratch"])) as space:
        root = _installed(site, order["supply"], asked["debconf"], places.get("upon"), space)
        found = {path for pattern in secrets for path in root.matching(pattern)}
        hidden = sorted(path for path in found if not root.is_directory(path))
        if "upon" in places or hidden:
            with _hidden(root, hidden):
                site.packaging.reference.finish(root, epoch=site.order.epoch, listen=listen)
        _switch(
            root,
            {verb: asked[verb] for verb in ("enable", "disable")},
            epoch=site.order.epoch,
            listen=listen,
        )
        write_scan(root, site.packaging, Path(places["output"]), listen=listen)
        if "kept" in places:
            keep_root(root, Path(places["kept"]), listen=listen)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """The packages to install, and the packaging that installs them."""

    packaging: Packaging
    order: Order
    listen: Listener


def _order(document: Mapping[str, Any]) -> Order:
    file = Path(document["lock"])
    lock = parse_lock(read_document(file), str(file))
    wanted = {(package, version) for package, version in document["packages"]}
    return Order(
        packages=tuple(p for p in lock.packages if (p.package, p.version) in wanted),
        flavor=lock.flavor,
        architecture=lock.architecture,
        epoch=document["epoch"],
    )


def _installed(
    site: _Site, supply: Mapping[str, Any], answers: Sequence[str], upon: str | None, space: Path
) -> Root:
    installer = site.packaging.installer
    found, place = installer.supply_from(supply), space / "root"
    with step(
        site.listen,
        f"installing {len(site.order.packages)} packages at once",
        id="installing-at-once",
    ):
        if upon:
            root = restore_root(Path(upon), place, listen=site.listen)
        else:
            root = installer.bootstrap(place, site.order, found, listen=site.listen)
        installer.answer(root, answers, site.order, site.listen)
        installer.install(root, site.order, found, listen=site.listen)
        site.packaging.reference.forget(root)
    return root


@contextmanager
def _hidden(root: Root, paths: Sequence[str]) -> Iterator[None]:
    """Files under other names meanwhile, in /run, of which programs of the root see another one."""
    names = {path: f"/run/hidden-{number}" for number, path in enumerate(paths)}
    for path, name in names.items():
        root.rename(path, name)
    try:
        yield
    finally:
        for path, name in names.items():
            root.rename(name, path)


def _switch(
    root: Root, units: Mapping[str, Sequence[str]], *, epoch: int, listen: Listener
) -> None:
    for verb, names in units.items():
        if names:
            with enclosed(root) as place:
                place.run("systemctl", verb, *names, epoch=epoch, listen=listen)


def stack(
    *,
    listen: Listener,
    packaging: str,
    payloads: Sequence[str],
    epoch: int,
    scratch: str,
    output: str,
) -> None:
    """Assemble the stack of payloads, as for an image, and scan the root that a node would have.

    `packaging` is the place of a packaging.
    """
    deals = packaging_at(packaging)
    members = stacked(Payload(directory=Path(payload)) for payload in payloads)
    with (
        scratch_space(Path(scratch)) as space,
        assembled(members, space, packaging=deals, epoch=epoch, listen=listen) as together,
    ):
        write_initrd(deals.initrd, together.root, members, space / "initrd.img", listen=listen)
        write_scan(together.root, deals, Path(output), listen=listen)


def write_initrd(
    maker: InitrdMaker, root: Root, members: Sequence[Payload], made: Path, *, listen: Listener
) -> None:
    """Write the stack's own initrd to its path in an installation; core's is compared by digest.

    If it is core's with an addition, the installation has one in a single piece, so this writes
    what `maker` makes, unless the addition unpacks to anything else.
    """
    if not remake_initrd(maker, root, members, made, listen=listen):
        return
    core = next(member for member in members if member.manifest.file(INITRD))
    kernel, data = core.manifest.kernel, read_bytes(made, most=MOST_INITRD)
    if data.startswith(read_bytes(core.directory / INITRD, most=MOST_INITRD)):
        whole = made.with_suffix(".whole")
        make_initrd(maker, root, kernel, whole, epoch=core.manifest.epoch, listen=listen)
        anew = read_bytes(whole, most=MOST_INITRD)
        data = anew if anew == data or _unpack_alike(anew, data) else data
    root.write(path_of(maker.initrds, kernel), data)


def _unpack_alike(one: bytes, other: bytes) -> bool:
    try:
        return unpacked_initrd(one) == unpacked_initrd(other)
    except ValueError:
        # No archives: their bytes are compared.
        return False


@contextmanager
def assembled(
    members: Sequence[Payload],
    space: Path,
    *,
    packaging: Packaging,
    epoch: int,
    listen: Listener,
) -> Iterator[Mounted]:
    """Mount the layers of payloads, lowest first, with their merged state."""
    with mounted(members, space) as together:
        assemble(together.root, members, packaging=packaging, epoch=epoch, listen=listen)
        forget_declared(together, members)
        yield together


def write_scan(root: Root, packaging: Packaging, output: Path, *, listen: Listener) -> None:
    """Scan a root and write the tree to a file."""
    with step(listen, "scanning"):
        output.write_bytes(dumped(scanned(root, packaging)))
