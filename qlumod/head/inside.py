"""The part of an image's build that runs in namespaces: writing the last layer of its stack."""

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
from qlumod.head.site_work import SiteChanges, SiteWork, do_site_work, hide_removed, work_of
from qlumod.head.written import Written
from qlumod.model.contents import contents_text
from qlumod.model.names import ModuleName
from qlumod.model.packed import gzipped
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
"""The name of the stack's initrd, in the directory of its last layer."""
OWN_LAYER = ModuleName("image")
"""The name of the thin last layer; its file is ``image.squashfs``."""
DOCUMENTS = "/usr/share/doc/qlustar-image"
"""The directory of documents about an image's modules: a path that Qlustar has published."""
SECRETS = "/usr/lib/qlumod/secrets"
"""The list of secrets that qlumod-secrets.service reads on the node."""
GATE = "qlumod.head.image_gate"
"""The module that finds secrets; its import takes a tenth of the time of most image builds."""
PUBLISHED = (".packages.version.gz", ".contents.gz", ".changelog", ".changelog.gz")
"""The name endings of a payload's transparency files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """The files that the image adds to its modules."""

    documents: Sequence[Path]
    """The payload directories whose transparency files are copied."""
    files: Sequence[SiteFile]
    secrets: Sequence[str]
    """The lines of the secrets list that the node reads."""
    work: SiteWork


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
    """Write the last layer of a stack to `output`; `modules` are pairs of payload and layer.

    `own` has the fields `files`, `secrets` and `work` of `Own`; `packaging` is the place of a
    packaging. If core's initrd is not right for the stack, a new one is written into the same
    directory.
    """
    members = stacked(
        Payload(directory=Path(payload), elsewhere=Path(layer)) for payload, layer in modules
    )
    added = Own(
        documents=[Path(payload) for payload, _ in modules],
        files=[SiteFile(**file) for file in own["files"]],
        secrets=own["secrets"],
        work=work_of(own.get("work", {})),
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
        placed = _write(stack.root, added)
        changes = do_site_work(stack, added.work, epoch=epoch, listen=listen)
        # Before the initrd is generated: it must not contain them.
        declared = forget_declared(stack, members)
        site = placed.site | changes.paths
        initrd = remake_initrd(
            deals.initrd, stack.root, members, place / INITRD, site=site, listen=listen
        )
        names = Owners.of(stack.root)
        ground = _Ground(
            stack=stack,
            packaging=deals,
            members=members,
            assembled=assembled,
            declared=declared,
            placed=placed,
            changes=changes,
            files=added.files,
            initrd=initrd,
            space=space,
        )
        with step(listen, "compressing the image's layer"):
            kept = _write_layer(ground, Path(output), epoch=epoch, listen=listen)
    _write_contents(kept, ground, names, place)


def _get_ready() -> None:
    """Start to import `GATE`: if scripts run, they write files that must be searched."""
    Thread(target=import_module, args=(GATE,), daemon=True).start()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """The real paths of the files that the image and the site add."""

    image: frozenset[str]
    site: frozenset[str]

    @property
    def ours(self) -> frozenset[str]:
        """All these paths and their parent directories."""
        paths = self.image | self.site
        return paths.union(*(map(str, PurePosixPath(path).parents) for path in paths))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """The inputs of a last layer: the stack with its upper, the result of assembly, and the new
    initrd, if any.
    """

    stack: Mounted
    packaging: Packaging
    members: Sequence[Payload]
    assembled: Assembled
    declared: Mapping[str, bytes]
    placed: _Placed
    changes: SiteChanges
    files: Sequence[SiteFile]
    """The site's files, as on the head node."""
    initrd: Path | None
    space: Path


def _write(root: Root, own: Own) -> _Placed:
    """Write the files of the image and of the site."""
    documents = _write_documents(root, own.documents)
    root.write(SECRETS, "".join(f"{line}\n" for line in own.secrets).encode())
    return _Placed(
        image=frozenset(map(root.where, (*documents, SECRETS))),
        site=frozenset(place_files(root, own.files)),
    )


def _write_layer(
    ground: _Ground, output: Path, *, epoch: int, listen: Listener
) -> tuple[TreeEntry, ...]:
    """Write the squashfs image, and meanwhile search for secrets; returns the entries in it."""
    if ground.changes.programs:
        hide_removed(ground.stack.upper, ground.stack.layers)
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
    """Report the site's files that look like secrets."""
    if files:
        # A late import: see `GATE`.
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
        ours=ground.placed.ours - ground.changes.paths,
        by_site=ground.changes,
        layers=[Root(layer) for layer in ground.stack.layers],
        members=ground.members,
        assembled=ground.assembled,
        table=ground.packaging.state,
    )
    if not written.anything and not ground.initrd:
        return
    # A late import: see `GATE`.
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
    """Write the contents file of the layer, in the format of modules."""
    placed = ground.placed.site | ground.changes.paths
    rule_of = ground.packaging.state.rule_of

    def origin(path: str) -> str:
        rule = None if path in ground.placed.site else rule_of(path)
        return f"<{rule.name}>" if rule else "<site>" if path in placed else "<image>"

    lines = path_lines(
        kept,
        origin=origin,
        owner=lambda entry: f"{names.user(entry.uid)}:{names.group(entry.gid)}",
    )
    text = os.fsencode(contents_text(OWN_LAYER, lines))
    write_new(output / f"{OWN_LAYER}.contents.gz", gzipped([text]))


def _write_documents(root: Root, payloads: Iterable[Path]) -> tuple[str, ...]:
    """Copy the transparency files of payloads, without following links that packages made there."""
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
    """The paths to leave out: leftovers of programs (but no files of the site), and all paths that
    modules list under Secrets.
    """
    entries = [entry for entry in entries if entry.type != "d"]
    dropped = frozenset(
        entry.path
        for entry in entries
        if entry.path not in ground.placed.site
        and any(rule.claims(entry.path, entry.target) for rule in ground.packaging.state.dropped)
    )
    return dropped | is_declared(entries, ground.members)
