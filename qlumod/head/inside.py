"""The part of an image's build that runs in namespaces: making the last layer of its stack."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from qlumod.events import Listener, step
from qlumod.head.placing import place_files
from qlumod.head.site import SiteFile
from qlumod.model.release import Compression
from qlumod.model.tree import Entry
from qlumod.stack.assemble import assemble
from qlumod.stack.member import read_member, stacked
from qlumod.stack.settle import settle
from qlumod.state.table import DROPPED
from qlumod.system.memory import scratch_space
from qlumod.system.mount import all_squashfs, overlay
from qlumod.system.squashfs import write_image
from qlumod.system.tree import scan

DOCUMENTS = "usr/share/doc/qlustar-image"
"""Where an image tells what it is made of: Qlustar's published place."""
SECRETS = "usr/lib/qlumod/secrets"
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
    """Write the last layer of a stack into `output`; `modules` are payload and layer of each."""
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
            root, work = _directory(space / "root"), _directory(space / "work")
            with overlay(layers, root, upper=upper, work=work):
                assemble(root, members, epoch=epoch, listen=listen)
                placed = _write(root, own)
        _compress(upper, placed, Path(output), space, epoch=epoch, listen=listen)


def _write(root: Path, own: Own) -> frozenset[str]:
    """Write all that is the image's own; returns where the site's files really lie."""
    _write_documents(root, own.documents)
    _write_file(root / SECRETS, "".join(f"{line}\n" for line in own.secrets).encode())
    return frozenset(place_files(root, own.files))


def _compress(
    upper: Path,
    placed: frozenset[str],
    output: Path,
    space: Path,
    *,
    epoch: int,
    listen: Listener,
) -> None:
    entries = scan(upper, digests=False)
    settle(upper, entries.values(), epoch)
    with step(listen, "compressing the image's layer"):
        write_image(
            upper,
            output,
            epoch=epoch,
            compression=Compression(),
            left_out=_left_out(entries, placed),
            scratch=space,
            listen=listen,
        )


def _write_documents(root: Path, payloads: Iterable[Path]) -> None:
    for payload in payloads:
        for path in sorted(payload.iterdir()):
            if path.name.endswith(PUBLISHED):
                _write_file(root / DOCUMENTS / path.name, path.read_bytes())


def _write_file(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(0o644)


def _left_out(entries: Mapping[str, Entry], placed: frozenset[str]) -> list[str]:
    """What programs left behind while the stack was put together, but for the site's files."""
    return [
        path.lstrip("/")
        for path, entry in entries.items()
        if entry.type != "d"
        and path not in placed
        and any(rule.claims(path, entry.target) for rule in DROPPED)
    ]


def _directory(path: Path) -> Path:
    path.mkdir()
    return path
