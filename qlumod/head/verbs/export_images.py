"""Exporting a generation of an image: as a squashfs, as a tar, as an OCI image."""

from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener
from qlumod.head.kept_lists import KeptGeneration, chosen_generation, require_intact
from qlumod.head.places import Places
from qlumod.model.export_format import ExportFormat
from qlumod.model.image import ImageName, Stack, StackLayer
from qlumod.model.names import Digest
from qlumod.model.oci_image import LAYOUT
from qlumod.system.disk.files import sync
from qlumod.system.disk.refusals import told
from qlumod.system.disk.regular_files import file_sum
from qlumod.system.disk.scratch import scratch
from qlumod.system.processes.namespace import call_inside, require


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What to export, and where to."""

    name: ImageName
    generation: str | None
    """None: the newest one."""
    form: ExportFormat
    target: Path
    """An OCI image is an archive if the name ends with ``.tar``, otherwise a directory."""
    force: bool
    """Whether a file of this name may be replaced, and a directory that is an OCI layout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """The result of an export."""

    generation: str
    stack: Stack
    sha256: Digest | None
    """The digest of the file; None for a directory, and if nothing was written."""
    size: int
    """The bytes of the file, or of all files in the directory."""
    manifest: Digest | None
    """The digest of the manifest of an OCI image."""


def export_image(places: Places, export: Export, *, dry_run: bool, listen: Listener) -> Exported:
    """Write a generation of an image to a file or directory, complete or not at all."""
    kept = chosen_generation(places, export.name, export.generation)
    require_intact(kept)
    _require_free(export)
    if dry_run:
        return Exported(generation=kept.name, stack=kept.stack, sha256=None, size=0, manifest=None)
    require()
    with scratch(export.target.parent) as space:
        manifest = _write(kept, export, space, listen)
        _put(space / "result", export.target, space)
    return _exported(kept, export, manifest)


def _require_free(export: Export) -> None:
    target = export.target
    if not target.parent.is_dir():
        raise QlumodError(f"there is no directory {target.parent}", remedy=f"mkdir {target.parent}")
    if not target.is_symlink() and not target.exists():
        return
    if not export.force:
        raise QlumodError(
            f"{target} exists", remedy="choose another name, or use --force to replace it"
        )
    if target.is_dir() and not (target / LAYOUT).is_file():
        raise QlumodError(
            f"{target} is a directory that no export has made (it has no {LAYOUT})",
            remedy="choose another name, or remove it yourself",
        )


def _write(kept: KeptGeneration, export: Export, space: Path, listen: Listener) -> str:
    stack = kept.stack
    archived = export.form is ExportFormat.OCI and export.target.name.endswith(".tar")
    manifest: str = call_inside(
        "qlumod.head.export_inside:export_inside",
        {
            "form": f"{export.form}-archive" if archived else str(export.form),
            "layers": [
                [_label(stack, layer), str((kept.directory / layer.file.path).resolve())]
                for layer in stack.layers
            ],
            "about": {
                "name": stack.image,
                "version": str(stack.version),
                "architecture": stack.architecture,
                "epoch": stack.epoch,
            },
            "scratch": str(space),
            "output": str(space / "result"),
        },
        listen=listen,
    )
    return manifest


def _label(stack: Stack, layer: StackLayer) -> str:
    """What made a layer, for people: ``core 14.0.0-1``."""
    for module in stack.modules:
        if module.module == layer.name:
            return f"{layer.name} {module.package_version or module.version}"
    return layer.name


def _put(made: Path, target: Path, space: Path) -> None:
    """Give the result its name; what has that name goes."""
    with told(target):
        made.chmod(0o755 if made.is_dir() else 0o644)
        if target.is_dir() and not target.is_symlink():
            target.rename(space / "replaced")
        made.rename(target)
        sync(target.parent)


def _exported(kept: KeptGeneration, export: Export, manifest: str) -> Exported:
    target = export.target
    found = None if target.is_dir() else file_sum(target)
    inside = [path.stat().st_size for path in target.rglob("*") if path.is_file()]
    return Exported(
        generation=kept.name,
        stack=kept.stack,
        sha256=found.sha256 if found else None,
        size=found.size if found else sum(inside),
        manifest=Digest(manifest) if manifest else None,
    )
