"""What `qlumod show` prints of the modules that a head node has."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from qlumod.cli.contents_documents import package_document
from qlumod.cli.modules import catalogue_document
from qlumod.cli.screen import Reporter
from qlumod.cli.wording import columns, size
from qlumod.head.places import Places
from qlumod.head.verbs.installed_modules import InstalledModule, ModuleWish, installed_modules
from qlumod.model.lines import lines_of
from qlumod.model.manifest import LAYER, Manifest


def show_installed(root: Path, wish: ModuleWish, reporter: Reporter) -> None:
    """Print the wanted modules of a head node."""
    found = installed_modules(Places(root), wish)
    reporter.result({"modules": [_document(one) for one in found]}, _modules(found))


def _modules(found: Sequence[InstalledModule]) -> Iterator[str]:
    for number, one in enumerate(found):
        if number:
            yield ""
        yield from _lines(one)


def _lines(one: InstalledModule) -> Iterator[str]:
    entry, manifest = one.catalogued.entry, one.catalogued.manifest
    yield f"{entry.module}: {entry.title or '?'} ({entry.stack_group or '?'})"
    for line in lines_of(manifest.description) if manifest else ():
        yield f"  {line}".rstrip() if line != "." else ""
    yield ""
    yield from (f"  {line}" for line in columns(_facts(one)))
    if one.packages is not None:
        rows = [(package.package, package.version, package.archive) for package in one.packages]
        yield ""
        yield from (f"  {line}" for line in columns([("package", "version", "archive"), *rows]))


def _facts(one: InstalledModule) -> Iterator[tuple[str, str]]:
    entry, manifest = one.catalogued.entry, one.catalogued.manifest
    version = entry.package_version or str(entry.version)
    yield "version", f"{version}, {entry.flavor} on {entry.architecture}"
    if manifest:
        yield from _manifest_facts(manifest)
    if one.variants:
        yield "variants", ", ".join(one.variants)
    yield "used by", ", ".join(one.catalogued.used_by) or "no image"
    yield "directory", str(one.directory)
    if not entry.usable:
        yield "damaged", entry.problem


def _manifest_facts(manifest: Manifest) -> Iterator[tuple[str, str]]:
    if manifest.requires:
        yield "requires", ", ".join(manifest.requires)
    if manifest.conflicts:
        yield "never with", ", ".join(manifest.conflicts)
    if manifest.variant_of:
        yield "variant of", manifest.variant_of
    if manifest.kernel:
        yield "kernel", manifest.kernel
    if manifest.profile:
        yield "profile", manifest.profile
    yield "packages", str(manifest.packages)
    if layer := manifest.file(LAYER):
        yield "layer", f"{size(layer.size)}, {size(manifest.unpacked_size)} unpacked"
        yield "digest", layer.sha256
    for number, secret in enumerate(manifest.secrets):
        yield "" if number else "secrets", f"{secret.path} ({secret.kind})"


def _document(one: InstalledModule) -> dict[str, object]:
    manifest = one.catalogued.manifest
    return {
        **catalogue_document(one.catalogued),
        "variants": one.variants,
        "directory": str(one.directory),
        "packages": one.packages and [package_document(package) for package in one.packages],
        "files": manifest
        and [
            {"path": file.path, "size": file.size, "sha256": file.sha256} for file in manifest.files
        ],
    }
