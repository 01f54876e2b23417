"""The part of an export that runs in namespaces, where the layers of a stack are mounted."""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qlumod.events import Listener, step
from qlumod.model.names import ArchName, Digest
from qlumod.model.oci_image import (
    BLOBS,
    INDEX,
    LAYOUT,
    OciImage,
    OciLayer,
    config_text,
    index_text,
    layout_text,
    manifest_text,
)
from qlumod.model.packed import Gzipping
from qlumod.model.release import Compression
from qlumod.model.tree import TreeEntry
from qlumod.system.disk.directories import make_directories
from qlumod.system.disk.files import write_new
from qlumod.system.disk.mount import all_squashfs, overlay
from qlumod.system.disk.squashfs import Squashing, write_image
from qlumod.system.disk.tar_writing import Sink, write_tar
from qlumod.system.disk.tree_scan import scan
from qlumod.system.disk.within import Root

_LEVEL = 6
"""The level of gzip: higher ones take twice the time for a hundredth of the bytes."""


def export_inside(
    *,
    listen: Listener,
    form: str,
    layers: Sequence[tuple[str, str]],
    about: Mapping[str, Any],
    scratch: str,
    output: str,
) -> str:
    """Write a stack to `output` as ``squashfs``, ``tar``, ``oci`` or ``oci-archive``.

    `layers` are pairs of a name and the path of a squashfs image, lowest first; `about` has the
    image's name, version, architecture and epoch. Returns the digest of the manifest of an OCI
    image, otherwise an empty text.
    """
    space, result = Path(scratch), Path(output)
    images = [Path(image) for _, image in layers]
    with all_squashfs(images, space / "layers") as mounted:
        if form.startswith("oci"):
            names = [name for name, _ in layers]
            place = space / "layout" if form == "oci-archive" else result
            manifest = _write_layout(place, list(zip(names, mounted, strict=True)), about, listen)
            if form == "oci-archive":
                _archive(place, result, about["epoch"])
            return manifest
        (space / "root").mkdir()
        with overlay(mounted, space / "root") as root:
            _write_merged(form, root, result, about["epoch"], listen)
    return ""


def _write_merged(form: str, root: Path, result: Path, epoch: int, listen: Listener) -> None:
    if form == "squashfs":
        with step(listen, f"writing {form}", id="writing-an-export"):
            how = Squashing(epoch=epoch, compression=Compression())
            write_image(root, result, how, scratch=result.parent, listen=listen)
        return
    with result.open("xb") as target:
        entries = list(scan(root, digests=False).values())
        _write_tree(Root(root), entries, target, f"writing {form}", listen)
        os.fsync(target.fileno())


def _write_tree(
    tree: Root, entries: Sequence[TreeEntry], sink: Sink, title: str, listen: Listener
) -> None:
    with step(listen, title, id="packing-a-tar", total=_bytes(entries), unit="bytes") as advance:
        write_tar(tree, entries, sink, advance=advance)


def _bytes(entries: Sequence[TreeEntry]) -> int:
    return sum(entry.size for entry in entries if entry.type == "f")


def _write_layout(
    place: Path,
    layers: Sequence[tuple[str, Path]],
    about: Mapping[str, Any],
    listen: Listener,
) -> Digest:
    """Write an OCI image layout; returns the digest of its manifest."""
    blobs = place / BLOBS
    make_directories(blobs)
    created = datetime.fromtimestamp(about["epoch"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    image = OciImage(
        name=about["name"],
        version=about["version"],
        architecture=ArchName(about["architecture"]),
        created=created,
        layers=[_write_layer(name, tree, blobs, listen) for name, tree in layers],
    )
    config = _blob(blobs, config_text(image))
    manifest = _blob(blobs, manifest_text(image, config))
    write_new(place / INDEX, index_text(image, manifest.sha256, manifest.size))
    write_new(place / LAYOUT, layout_text())
    return manifest.sha256


def _blob(blobs: Path, data: bytes) -> OciLayer:
    sha256 = Digest(hashlib.sha256(data).hexdigest())
    write_new(blobs / sha256, data)
    return OciLayer(name="", sha256=sha256, size=len(data), unpacked=sha256)


def _write_layer(name: str, tree: Path, blobs: Path, listen: Listener) -> OciLayer:
    beside = blobs / ".new"
    with beside.open("xb") as target:
        sink = _Packed(target.write)
        # A layer says nothing of the root itself.
        entries = [one for path, one in scan(tree, digests=False).items() if path != "/"]
        _write_tree(Root(tree), entries, sink, f"writing layer {name}", listen)
        made = sink.finish(name)
        target.flush()
        os.fchmod(target.fileno(), 0o644)
        os.fsync(target.fileno())
    beside.rename(blobs / made.sha256)
    return made


class _Packed:
    """A tar that is compressed while it is written, with the digests of both."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._target = write
        self._plain, self._packed = hashlib.sha256(), hashlib.sha256()
        self._written = self._size = 0
        self._packing = Gzipping(self._take, level=_LEVEL)

    def write(self, piece: bytes) -> int:
        self._plain.update(piece)
        self._written += len(piece)
        self._packing.write(piece)
        return len(piece)

    def tell(self) -> int:
        return self._written

    def finish(self, name: str) -> OciLayer:
        """Write the end of the file; returns what it is."""
        self._packing.finish()
        return OciLayer(
            name=name,
            sha256=Digest(self._packed.hexdigest()),
            size=self._size,
            unpacked=Digest(self._plain.hexdigest()),
        )

    def _take(self, piece: bytes) -> None:
        self._packed.update(piece)
        self._size += len(piece)
        self._target(piece)


def _archive(layout: Path, result: Path, epoch: int) -> None:
    """Write a layout as a tar, all with one time and one owner."""
    for path in (layout, *layout.rglob("*")):
        os.utime(path, (epoch, epoch))
    entries = [entry for path, entry in scan(layout, digests=False).items() if path != "/"]
    with result.open("xb") as target:
        write_tar(Root(layout), entries, target, advance=lambda _: None)
        os.fsync(target.fileno())
