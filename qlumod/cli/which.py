"""qlumod which: the modules and images that have a package or a path."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from qlumod.cli import offers, options
from qlumod.cli.contents_documents import path_document
from qlumod.cli.exits import FoundWanting
from qlumod.cli.screen import Reporter
from qlumod.cli.wording import columns
from qlumod.head.places import Places
from qlumod.head.verbs.find_contents import Finds, FoundInImage, FoundInModule, find_contents
from qlumod.model.contents import PackageLine, PathLine


@options.verb(
    examples=[
        "qlumod which openssl",
        "qlumod which 'libssl*'",
        "qlumod which /usr/sbin/slurmd --json",
    ]
)
@click.argument("asked", metavar="PACKAGE|PATH", shell_complete=offers.listed_packages)
@options.root
@options.reports()
def command(*, asked: str, root: Path, reporter: Reporter) -> None:
    """List the modules and images that have a package or a path, with versions.

    PACKAGE is the name of a Debian package, or a pattern of names ('libssl*'). PATH is absolute;
    in an image, it is found in the uppermost layer that has it, and symbolic links are followed.
    All registered modules and all generations of images are searched, also those whose modules
    are no longer installed. If nothing is found, the exit status is 3.
    """
    finds = find_contents(Places(root), asked, listen=reporter.listen)
    reporter.result(_document(finds), _lines(finds))
    if not finds.anything:
        raise FoundWanting


def _document(finds: Finds) -> dict[str, object]:
    return {
        "asked": finds.asked,
        "kind": "path" if finds.is_path else "package",
        "modules": [_module(found) for found in finds.modules],
        "images": [_image(found) for found in finds.images],
        "unsearched": list(finds.unsearched),
        "leads_to": [_document(further) for further in finds.leads_to],
    }


def _module(found: FoundInModule) -> dict[str, object]:
    entry = found.module
    return {
        "module": entry.module,
        "version": str(entry.version),
        "flavor": entry.flavor,
        "architecture": entry.architecture,
        "package_version": entry.package_version,
        "packages": [_package(package) for package in found.packages],
        "path": found.path and path_document(found.path),
    }


def _image(found: FoundInImage) -> dict[str, object]:
    module = found.module
    return {
        "image": found.image,
        "generation": found.generation,
        "deployed": found.deployed,
        "module": module.module if module else None,
        "version": str(module.version) if module else None,
        "package_version": module.package_version if module else None,
        "packages": [_package(package) for package in found.packages],
        "path": found.path and path_document(found.path),
    }


def _package(line: PackageLine) -> dict[str, str]:
    return {
        "package": line.package,
        "version": line.version,
        "architecture": line.architecture,
        "source": line.source,
    }


def _lines(finds: Finds) -> list[str]:
    if not finds.anything:
        what = "path" if finds.is_path else "package"
        return [f"no module and no image of this head node has the {what} {finds.asked}"]
    parts = (
        ("modules", [row for found in finds.modules for row in _module_rows(found)]),
        ("images", [row for found in finds.images for row in _image_rows(found)]),
    )
    lines = [line for heading, rows in parts for line in _section(heading, rows)]
    for last in _ends(finds):
        lines += ["", f"{finds.asked} leads to {last.asked}", *_lines(last)]
    return lines


def _ends(finds: Finds) -> Iterator[Finds]:
    """Where links lead in the end."""
    for further in finds.leads_to:
        yield from _ends(further) if further.leads_to else (further,)


def _section(heading: str, rows: list[tuple[str, ...]]) -> Iterator[str]:
    yield heading
    yield from (f"  {row}" for row in columns(rows) or ["none"])


def _module_rows(found: FoundInModule) -> Iterator[tuple[str, ...]]:
    entry = found.module
    version = entry.package_version or str(entry.version)
    for what in _what(found.packages, found.path):
        yield entry.module, version, entry.flavor, entry.architecture, *what


def _image_rows(found: FoundInImage) -> Iterator[tuple[str, ...]]:
    module = found.module
    generation = f"generation {found.generation}{' (deployed)' if found.deployed else ''}"
    where = f"module {module.module}" if module else "its own layer"
    version = (module.package_version or str(module.version)) if module else ""
    for what in _what(found.packages, found.path):
        yield found.image, generation, where, version, *what


def _what(packages: Iterable[PackageLine], path: PathLine | None) -> Iterator[tuple[str, ...]]:
    """Package and version; of a path that no package of the module has, where it comes from."""
    rows = [(line.package, line.version) for line in packages]
    yield from rows or ([(path.origin, "")] if path else [])
