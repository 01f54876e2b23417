"""qlumod image show --packages, --files, --size, --units: what a generation of an image has."""

from collections.abc import Callable, Sequence
from typing import Any

import click

from qlumod.cli.contents_documents import package_document, path_document
from qlumod.cli.screen import Reporter
from qlumod.cli.setting_options import F
from qlumod.cli.settings.values import ValueKind
from qlumod.cli.wording import columns, size
from qlumod.head.verbs.explain_images import ExplainedGeneration, LayerSize, StackPackage
from qlumod.model.numbers import number
from qlumod.model.stack_contents import StackPath, StackUnit

_PARTS = {
    "packages": "List the packages, each with its module.",
    "files": "List the paths, each with its module and its package.",
    "size": "List the sizes of the layers: compressed, unpacked, and the number of files.",
    "units": "List the units of systemd, and whether links in the stack enable them (presets are "
    "not read).",
}


def part(function: F) -> F:
    """Add ``--packages``, ``--files``, ``--size`` and ``--units``, as ``part``."""
    decorated: Any = function
    for name, text in reversed(_PARTS.items()):
        decorated = click.option(f"--{name}", "part", flag_value=name, help=text)(decorated)
    return decorated  # type: ignore[no-any-return]


limit: Callable[[F], F] = click.option(
    "--limit",
    type=ValueKind("N", number),
    help="List only the first N; the document of --json says how many there are.",
)
"""Add ``--limit N``: None lists all."""


def explain(found: ExplainedGeneration, part: str, limit: int | None, reporter: Reporter) -> None:
    """Print one part of what a generation has."""
    rows, document, row = _LISTS[part](found)
    listed = rows if limit is None else rows[:limit]
    more = [f"… and {len(rows) - len(listed)} more"] if len(listed) < len(rows) else []
    table = [_HEADINGS[part], *(row(each) for each in listed)]
    if part == "size":
        table += _sums(rows, found)
    reporter.result(
        {
            "image": found.stack.image,
            "generation": found.name,
            "version": str(found.stack.version),
            "total": len(rows),
            part: [document(each) for each in listed],
            **(_boot_files(found) if part == "size" else {}),
        },
        [*columns(table), *more],
    )


_List = tuple[Sequence[Any], Callable[[Any], dict[str, object]], Callable[[Any], tuple[str, ...]]]
"""The entries of a list, the document of one, and its row for people."""

_HEADINGS = {
    "packages": ("package", "version", "architecture", "source", "module"),
    "files": ("type", "mode", "owner", "size", "module", "package", "path"),
    "size": ("layer", "compressed", "unpacked", "files"),
    "units": ("unit", "state", "module", "package"),
}


def _sums(layers: Sequence[LayerSize], found: ExplainedGeneration) -> list[tuple[str, ...]]:
    """The rows of all layers together, and of what else a node loads."""
    total = LayerSize(
        layer="total",
        compressed=sum(layer.compressed for layer in layers),
        unpacked=sum(layer.unpacked for layer in layers),
        files=sum(layer.files for layer in layers),
    )
    return [_size_row(total), *((name, size(file.size), "", "") for name, file in _boot(found))]


def _boot(found: ExplainedGeneration) -> list[tuple[str, Any]]:
    return [("kernel", found.stack.kernel), ("initrd", found.stack.initrd)]


def _boot_files(found: ExplainedGeneration) -> dict[str, object]:
    return {name: file.size for name, file in _boot(found)}


def _packages(found: ExplainedGeneration) -> _List:
    return found.packages(), _package_document, _package_row


def _package_document(package: StackPackage) -> dict[str, object]:
    return {**package_document(package.line), "module": package.module}


def _package_row(package: StackPackage) -> tuple[str, ...]:
    line = package.line
    return line.package, line.version, line.architecture, line.source, package.module


def _files(found: ExplainedGeneration) -> _List:
    return found.paths(), _file_document, _file_row


def _file_document(found: StackPath) -> dict[str, object]:
    return {**path_document(found.line), "module": found.layer}


def _file_row(found: StackPath) -> tuple[str, ...]:
    line = found.line
    path = f"{line.path} -> {line.digest}" if line.type in "lh" else line.path
    return (
        line.type, f"{line.mode:04o}", line.owner, str(line.size), found.layer, line.origin, path
    )  # fmt: skip


def _sizes(found: ExplainedGeneration) -> _List:
    return found.sizes(), _size_document, _size_row


def _size_document(layer: LayerSize) -> dict[str, object]:
    return {
        "layer": layer.layer,
        "compressed": layer.compressed,
        "unpacked": layer.unpacked,
        "files": layer.files,
    }


def _size_row(layer: LayerSize) -> tuple[str, ...]:
    return layer.layer, size(layer.compressed), size(layer.unpacked), str(layer.files)


def _units(found: ExplainedGeneration) -> _List:
    return found.units(), _unit_document, _unit_row


def _unit_document(unit: StackUnit) -> dict[str, object]:
    return {
        "unit": unit.name,
        "state": unit.state,
        "alias_of": unit.alias_of or None,
        "enabled_by": list(unit.enabled_by),
        "path": unit.path,
        "module": unit.layer,
        "origin": unit.origin,
    }


def _unit_row(unit: StackUnit) -> tuple[str, ...]:
    state = f"alias of {unit.alias_of}" if unit.state == "alias" else unit.state
    return unit.name, state, unit.layer, unit.origin


_LISTS: dict[str, Callable[[ExplainedGeneration], _List]] = {
    "packages": _packages,
    "files": _files,
    "size": _sizes,
    "units": _units,
}
