"""The part of an image's build that runs in namespaces: making the last layer of its stack."""

import gzip
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from qlumod.events import Listener, step
from qlumod.head.placing import place_files
from qlumod.head.site import SiteFile
from qlumod.model.contents import contents_text
from qlumod.model.names import ModuleName
from qlumod.model.release import Compression
from qlumod.model.tree import Entry
from qlumod.stack.assemble import assemble
from qlumod.stack.contents import path_lines
from qlumod.stack.files import Owners
from qlumod.stack.initrd import remake_initrd
from qlumod.stack.member import read_member, stacked
from qlumod.stack.settle import settle
from qlumod.state.table import DROPPED, rule_of
from qlumod.system.files import write_new
from qlumod.system.memory import scratch_space
from qlumod.system.mount import all_squashfs, overlay
from qlumod.system.squashfs import write_image
from qlumod.system.tree import scan
from qlumod.system.within import Root

INITRD = "initrd.img"
"""The name of the stack's initrd, beside its last layer."""
OWN_LAYER = ModuleName("image")
"""The name of the thin last layer; its file is ``image.squashfs``."""
DOCUMENTS = "/usr/share/doc/qlustar-image"
"""Where an image tells what it is made of: Qlustar's published place."""
SECRETS = "/usr/lib/qlumod/secrets"
"""The list of secrets that qlumod-secrets.service reads on the node."""
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


def build(
    *,
    listen: Listener,
    modules: Sequence[tuple[str, str]],
    files: Sequence[Mapping[str, Any]],
    secrets: Sequence[str],
    epoch: int,
    scratch: str,
    output: str,
) -> None:
    """Write the last layer of a stack into `output`; `modules` are payload and layer of each.

    Where core's initrd will not do for the stack, its own is written beside it.
    """
    members = stacked(
        replace(read_member(Path(payload)), layer=Path(layer)) for payload, layer in modules
    )
    own = Own(
        documents=[Path(payload) for payload, _ in modules],
        files=[SiteFile(**file) for file in files],
        secrets=secrets,
    )
    with scratch_space(Path(scratch)) as space:
        upper = _directory(space / "upper")
        with all_squashfs([member.layer for member in members], space / "layers") as layers:
            mounted, work = _directory(space / "root"), _directory(space / "work")
            with overlay(layers, mounted, upper=upper, work=work):
                root = Root(mounted)
                assemble(root, members, epoch=epoch, listen=listen)
                placed = _write(root, own)
                remake_initrd(
                    root, members, Path(output).parent / INITRD, site=placed, listen=listen
                )
                names = Owners.of(root)
        with step(listen, "compressing the image's layer"):
            kept = _write_layer(upper, placed, Path(output), space, epoch=epoch, listen=listen)
    _write_contents(kept, placed, names, Path(output).parent)


def _write(root: Root, own: Own) -> frozenset[str]:
    """Write all that is the image's own; returns where the site's files really lie."""
    _write_documents(root, own.documents)
    root.write(SECRETS, "".join(f"{line}\n" for line in own.secrets).encode())
    return frozenset(place_files(root, own.files))


def _write_layer(
    upper: Path,
    placed: frozenset[str],
    output: Path,
    space: Path,
    *,
    epoch: int,
    listen: Listener,
) -> tuple[Entry, ...]:
    """Write the image; returns the paths that are in it."""
    entries = scan(upper)
    settle(Root(upper), entries.values(), epoch)
    left_out = _left_out(entries.values(), placed)
    write_image(
        upper,
        output,
        epoch=epoch,
        compression=Compression(),
        left_out=[path.lstrip("/") for path in left_out],
        scratch=space,
        listen=listen,
    )
    return tuple(entry for entry in entries.values() if entry.path not in left_out)


def _write_contents(
    kept: Sequence[Entry], placed: frozenset[str], names: Owners, output: Path
) -> None:
    """Tell every path of the layer, as the modules do of theirs."""

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


def _write_documents(root: Root, payloads: Iterable[Path]) -> None:
    """Copy what a payload tells; a package may have put links in its place, which lead nowhere."""
    for payload in map(Root, payloads):
        for name in payload.names("/"):
            if name.endswith(PUBLISHED):
                root.write(f"{DOCUMENTS}/{name}", payload.read(f"/{name}"))


def _left_out(entries: Iterable[Entry], placed: frozenset[str]) -> frozenset[str]:
    """What programs left behind while the stack was put together, but for the site's files."""
    return frozenset(
        entry.path
        for entry in entries
        if entry.type != "d"
        and entry.path not in placed
        and any(rule.claims(entry.path, entry.target) for rule in DROPPED)
    )


def _directory(path: Path) -> Path:
    path.mkdir()
    return path
