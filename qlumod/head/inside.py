"""The part of an image's build that runs in namespaces: making the last layer of its stack."""

import gzip
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path, PurePosixPath
from threading import Thread
from typing import Any

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Caution, Listener, step
from qlumod.head.placing import place_files
from qlumod.head.site import SiteFile
from qlumod.head.written import Written
from qlumod.model.contents import contents_text
from qlumod.model.names import ModuleName
from qlumod.model.release import Compression
from qlumod.model.tree import TreeEntry
from qlumod.packaging.choice import packaging_at
from qlumod.packaging.interfaces import Packaging
from qlumod.stack.assemble import Assembled, assemble
from qlumod.stack.contents_lines import path_lines
from qlumod.stack.declared import forget_declared, is_declared
from qlumod.stack.initrd import remake_initrd
from qlumod.stack.mounted import Mounted, mounted
from qlumod.stack.order import stacked
from qlumod.stack.payload import Payload
from qlumod.stack.settle import settle
from qlumod.stack.state_files import Owners
from qlumod.system.disk.files import write_new
from qlumod.system.disk.squashfs import Squashing, write_image
from qlumod.system.disk.tmpfs import scratch_space
from qlumod.system.disk.tree_scan import scan
from qlumod.system.disk.within import Root

INITRD = "initrd.img"
"""The name of the stack's initrd, beside its last layer."""
OWN_LAYER = ModuleName("image")
"""The name of the thin last layer; its file is ``image.squashfs``."""
DOCUMENTS = "/usr/share/doc/qlustar-image"
"""Where an image tells what it is made of: Qlustar's published place."""
SECRETS = "/usr/lib/qlumod/secrets"
"""The list of secrets that qlumod-secrets.service reads on the node."""
GATE = "qlumod.head.image_gate"
"""What knows secrets; to import it takes a tenth of what most images take."""
PUBLISHED = (".packages.version.gz", ".contents.gz", ".changelog", ".changelog.gz")
"""How the names of a payload's transparency files end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What the image itself adds to its modules."""

    documents: Sequence[Path]
    """The payload directories whose transparency files it shows."""
    files: Sequence[SiteFile]
    secrets: Sequence[str]
    """The lines of the list that the node reads."""


def build_image_inside(
    *,
    listen: Listener,
    modules: Sequence[tuple[str, str]],
    own: Mapping[str, Any],
    packaging: str,
    epoch: int,
    scratch: str,
    output: str,
) -> None:
    """Write the last layer of a stack into `output`; `modules` are payload and layer of each.

    `own` has the fields `files` and `secrets` of `Own`, `packaging` is the place of one. Where
    core's initrd will not do for the stack, its own is written beside it.
    """
    members = stacked(
        Payload(directory=Path(payload), elsewhere=Path(layer)) for payload, layer in modules
    )
    added = Own(
        documents=[Path(payload) for payload, _ in modules],
        files=[SiteFile(**file) for file in own["files"]],
        secrets=own["secrets"],
    )
    place, deals = Path(output).parent, packaging_at(packaging)
    with scratch_space(Path(scratch)) as space, mounted(members, space) as stack:
        assembled = assemble(
            stack.root,
            members,
            packaging=deals,
            epoch=epoch,
            before_scripts=_get_ready,
            listen=listen,
        )
        # What the initrd is made of must be without them, too.
        declared = forget_declared(stack, members)
        placed = _write(stack.root, added)
        initrd = remake_initrd(
            deals.initrd, stack.root, members, place / INITRD, site=placed.site, listen=listen
        )
        names = Owners.of(stack.root)
        ground = _Ground(
            stack=stack,
            packaging=deals,
            members=members,
            assembled=assembled,
            declared=declared,
            placed=placed,
            files=added.files,
            initrd=initrd,
            space=space,
        )
        with step(listen, "compressing the image's layer"):
            kept = _write_layer(ground, Path(output), epoch=epoch, listen=listen)
    _write_contents(kept, ground, names, place)


def _get_ready() -> None:
    """Begin to import what knows secrets: scripts will have written something to look into."""
    Thread(target=import_module, args=(GATE,), daemon=True).start()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """Where what is the image's own really lies."""

    image: frozenset[str]
    site: frozenset[str]

    @property
    def ours(self) -> frozenset[str]:
        """All of it, and the directories on the way."""
        paths = self.image | self.site
        return paths.union(*(map(str, PurePosixPath(path).parents) for path in paths))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """What a last layer is made of: what was written above the layers, how that came about, and the
    initrd, where one was made.
    """

    stack: Mounted
    packaging: Packaging
    members: Sequence[Payload]
    assembled: Assembled
    declared: Mapping[str, bytes]
    placed: _Placed
    files: Sequence[SiteFile]
    """What the site adds, as it lies on the head node."""
    initrd: Path | None
    space: Path


def _write(root: Root, own: Own) -> _Placed:
    """Write all that is the image's own."""
    documents = _write_documents(root, own.documents)
    root.write(SECRETS, "".join(f"{line}\n" for line in own.secrets).encode())
    return _Placed(
        image=frozenset(map(root.where, (*documents, SECRETS))),
        site=frozenset(place_files(root, own.files)),
    )


def _write_layer(
    ground: _Ground, output: Path, *, epoch: int, listen: Listener
) -> tuple[TreeEntry, ...]:
    """Write the image, and meanwhile look for secrets; returns the paths that are in it."""
    entries = scan(ground.stack.upper)
    settle(Root(ground.stack.upper), entries.values(), epoch)
    left_out = _left_out(entries.values(), ground)
    kept = {path: entry for path, entry in entries.items() if path not in left_out}
    with ThreadPoolExecutor(1) as pool:
        image = pool.submit(
            write_image,
            ground.stack.upper,
            output,
            Squashing(epoch=epoch, compression=Compression()),
            left_out=[path.lstrip("/") for path in left_out],
            scratch=ground.space,
            listen=listen,
        )
        _tell_of_files(ground.files, listen)
        faults = [*_faults(ground, kept, listen)]
        image.result()
    raise_faults(faults)
    return tuple(kept.values())


def _tell_of_files(files: Sequence[SiteFile], listen: Listener) -> None:
    """Say which of the site's files look like secrets."""
    if files:
        # Here, not above: see `GATE`.
        from qlumod.head.exposed import exposed  # noqa: PLC0415

        for line in exposed(files):
            listen(Caution(text=line))


def _faults(
    ground: _Ground, kept: Mapping[str, TreeEntry], listen: Listener
) -> Iterator[QlumodError]:
    """An error for each secret that programs left in the layer and in the initrd."""
    written = Written(
        upper=Root(ground.stack.upper),
        entries=kept,
        ours=ground.placed.ours,
        layers=[Root(layer) for layer in ground.stack.layers],
        members=ground.members,
        assembled=ground.assembled,
        table=ground.packaging.state,
    )
    if not written.anything and not ground.initrd:
        return
    # Here, not above: see `GATE`.
    from qlumod.head.image_gate import ImageGate  # noqa: PLC0415

    gate = ImageGate(
        written=written,
        declared=ground.declared,
        answers=ground.packaging.answers,
        listen=listen,
    )
    yield from gate.faults()
    if ground.initrd:
        yield from gate.faults_of_initrd(ground.initrd, ground.packaging.initrd.hooks)


def _write_contents(
    kept: Sequence[TreeEntry], ground: _Ground, names: Owners, output: Path
) -> None:
    """Tell every path of the layer, as the modules do of theirs."""
    placed, rule_of = ground.placed.site, ground.packaging.state.rule_of

    def origin(path: str) -> str:
        rule = None if path in placed else rule_of(path)
        return f"<{rule.name}>" if rule else "<site>" if path in placed else "<image>"

    lines = path_lines(
        kept,
        origin=origin,
        owner=lambda entry: f"{names.user(entry.uid)}:{names.group(entry.gid)}",
    )
    text = os.fsencode(contents_text(OWN_LAYER, lines))
    write_new(output / f"{OWN_LAYER}.contents.gz", gzip.compress(text, mtime=0))


def _write_documents(root: Root, payloads: Iterable[Path]) -> tuple[str, ...]:
    """Copy what a payload tells; a package may have put links in its place, which lead nowhere."""
    documents = {
        f"{DOCUMENTS}/{name}": payload.read(f"/{name}")
        for payload in map(Root, payloads)
        for name in payload.names("/")
        if name.endswith(PUBLISHED)
    }
    for path, data in documents.items():
        root.write(path, data)
    return tuple(documents)


def _left_out(entries: Iterable[TreeEntry], ground: _Ground) -> frozenset[str]:
    """What programs left behind while the stack was put together, but for the site's files; and
    what modules list under Secrets, whatever made it.
    """
    entries = [entry for entry in entries if entry.type != "d"]
    dropped = frozenset(
        entry.path
        for entry in entries
        if entry.path not in ground.placed.site
        and any(rule.claims(entry.path, entry.target) for rule in ground.packaging.state.dropped)
    )
    return dropped | is_declared(entries, ground.members)
