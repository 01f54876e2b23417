"""qlumod image diff: what differs between generations, images, and what would be built now."""

from collections.abc import Iterator
from pathlib import Path

import click

from qlumod.cli import offers, options
from qlumod.cli.images import explaining
from qlumod.cli.images.image_arguments import image
from qlumod.cli.screen import Reporter
from qlumod.cli.wording import size
from qlumod.head.places import Places
from qlumod.head.stack_side import StackSide
from qlumod.head.verbs.compare_images import StackDifference, compare_image
from qlumod.model.content_changes import PathChange
from qlumod.model.image import ImageName
from qlumod.model.lines import lines_of

SHOWN = 20
"""The number of changed paths that are listed for people, unless --limit says another one."""


@options.verb(
    examples=[
        "qlumod image diff compute",
        "qlumod image diff compute 6 7 --limit 100",
        "qlumod image diff compute deployed login/deployed --json",
    ]
)
@image
@click.argument("old", metavar="[FROM]", required=False, shell_complete=offers.image_sides)
@click.argument("new", metavar="[TO]", required=False, shell_complete=offers.image_sides)
@explaining.limit
@options.root
@options.reports()
def diff(
    *,
    name: ImageName,
    old: str | None,
    new: str | None,
    limit: int | None,
    root: Path,
    reporter: Reporter,
) -> None:
    """Show what differs between two generations of an image, or what a build would change.

    FROM and TO are numbers of generations, or `newest`, `deployed` or `plan`: what would be built
    now, without the image's own layer. OTHER/deployed is that of another image. FROM is by default
    what nodes get, TO is `plan`. Listed are packages, paths, the services that a running node would
    have to restart, kernel, secrets, and the size of the layers, which nodes hold in memory.
    """
    found = compare_image(Places(root), name, old, new)
    reporter.result(_document(found, limit), _lines(found, SHOWN if limit is None else limit))


def _document(found: StackDifference, limit: int | None) -> dict[str, object]:
    paths = found.paths
    return {
        "old": _side_document(found.old),
        "new": _side_document(found.new),
        "equal": not found.anything,
        "reboot": found.reboot,
        "packages": [
            {
                "package": one.package,
                "kind": str(one.kind),
                "old": one.old.version if one.old else None,
                "new": one.new.version if one.new else None,
                "module": found.module_of(one),
            }
            for one in found.packages
        ],
        "paths": {
            "added": len(paths.added),
            "removed": len(paths.removed),
            "changed": len(paths.changed),
            "listed": [_path_document(one) for one in paths.listed(limit)],
        },
        "restart": found.units,
        "news": found.news,
    }


def _side_document(side: StackSide) -> dict[str, object]:
    return {
        "image": side.image,
        "generation": side.generation,
        "modules": side.modules,
        "kernel_release": side.kernel,
        "layers_size": side.size,
        "secrets": side.secrets,
    }


def _path_document(one: PathChange) -> dict[str, object]:
    line = one.new or one.old
    return {
        "path": one.path,
        "kind": str(one.kind),
        "type": line.type if line else None,
        "origin": line.origin if line else None,
        "old_size": one.old.size if one.old else None,
        "new_size": one.new.size if one.new else None,
    }


def _lines(found: StackDifference, limit: int) -> Iterator[str]:
    yield f"from {found.old.label} to {found.new.label}:"
    if not found.anything:
        yield "  nothing differs"
        return
    yield from (f"  {line}" for line in _facts(found))
    yield from (f"  {one} [{found.module_of(one)}]" for one in found.packages)
    paths = found.paths
    yield (
        f"  paths: {len(paths.added)} added, {len(paths.removed)} removed, "
        f"{len(paths.changed)} changed"
    )
    yield from (f"    {one}" for one in paths.listed(limit))
    if paths.count > limit:
        yield f"    and {paths.count - limit} more (--limit)"
    if found.units:
        yield f"  to restart on running nodes: {' '.join(found.units)}"
    for module, entries in found.news.items():
        yield f"  what is new in {module}:"
        yield from (f"    {line}" for entry in entries for line in lines_of(entry))


def _facts(found: StackDifference) -> Iterator[str]:
    old, new = found.old, found.new
    for module in sorted(old.modules.keys() | new.modules.keys()):
        before, after = old.modules.get(module), new.modules.get(module)
        if before != after:
            yield f"module {module}: {before or 'none'} → {after or 'none'}"
    if found.reboot:
        yield f"kernel: {old.kernel} → {new.kernel}: nodes have to reboot"
    if old.size != new.size:
        yield f"layers: {size(old.size)} → {size(new.size)}"
    if old.secrets != new.secrets:
        yield f"secrets: {' '.join(old.secrets) or 'none'} → {' '.join(new.secrets) or 'none'}"
