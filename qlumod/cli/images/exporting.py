"""qlumod image export: a generation of an image as one file, or as an OCI image."""

from pathlib import Path
from typing import Any

import click

from qlumod.cli import options
from qlumod.cli.images.image_arguments import generation, image
from qlumod.cli.screen import Reporter
from qlumod.cli.settings.values import PathKind
from qlumod.cli.wording import size
from qlumod.head.places import Places
from qlumod.head.verbs.export_images import Export, Exported, export_image
from qlumod.model.export_format import ENDINGS, ExportFormat, format_of


@options.verb(
    examples=[
        "qlumod image export compute compute.squashfs",
        "qlumod image export compute --generation 3 compute.tar",
        "qlumod image export compute --format oci /srv/compute",
        "qlumod image export compute compute.oci.tar",
    ]
)
@image
@click.argument("target", metavar="FILE", type=PathKind("FILE"))
@generation
@click.option(
    "--format",
    "form",
    type=click.Choice([str(form) for form in ExportFormat]),
    metavar="FORMAT",
    help="squashfs, tar or oci. Default: by the ending of FILE "
    f"({', '.join(f'{ending}' for ending in ENDINGS)}).",
)
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@options.dry_run
@options.root
@options.reports()
def export(
    *, target: Path, form: str | None, dry_run: bool, root: Path, reporter: Reporter, **given: Any
) -> None:
    """Export an image for other programs: CI, Apptainer, Warewulf, Podman.

    squashfs and tar have the merged tree of all layers. oci is an image layout (a directory, or
    an archive if the name of FILE ends with .tar) with one layer per module; skopeo and podman
    read it. The same generation always gives the same bytes. Owners, modes, hard links and file
    capabilities are kept.

    The site's secrets are not exported: no layer has them. Kernel and initrd are not either; they
    are in the directory of the generation.
    """
    chosen = ExportFormat(form) if form else format_of(target.name)
    if chosen is None:
        raise click.UsageError(f"the name {target.name} does not say the format: use --format")
    asked = Export(form=chosen, target=target, **given)
    made = export_image(Places(root), asked, dry_run=dry_run, listen=reporter.listen)
    reporter.result(_document(asked, made, dry_run), [_line(asked, made, dry_run)])


def _document(asked: Export, made: Exported, dry_run: bool) -> dict[str, object]:
    return {
        "image": asked.name,
        "generation": made.generation,
        "version": str(made.stack.version),
        "file": str(asked.target),
        "export_format": str(asked.form),
        "exported": not dry_run,
        "size": made.size,
        "sha256": made.sha256,
        "manifest": made.manifest,
    }


def _line(asked: Export, made: Exported, dry_run: bool) -> str:
    what = f"image {asked.name}, generation {made.generation}"
    if dry_run:
        return f"{what}: would be exported to {asked.target} ({asked.form})"
    return f"{what}: exported to {asked.target} ({asked.form}, {size(made.size)})"
