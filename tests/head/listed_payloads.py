"""Payloads whose layers are real, with the lists of their packages and paths."""

import gzip
from collections.abc import Mapping
from pathlib import Path

from qlumod.head.definitions import defined_images
from qlumod.head.verbs.define_images import NewImage, create_image
from qlumod.model.contents import PackageLine, contents_text, packages_text
from qlumod.model.digests import digest_bytes
from qlumod.model.image import ImageName
from qlumod.model.names import ModuleName
from qlumod.stack.contents_lines import path_lines
from qlumod.system.disk.tree_scan import scan
from tests.head.head_node import HeadNode
from tests.head.small_payloads import BASE, squashed, state


def add_listed(
    head: HeadNode,
    module: str,
    tree: Path,
    packages: Mapping[str, str],
    version: str = "14.0.0",
    **options: object,
) -> Path:
    """A module whose layer is a directory; its paths belong to the first of its packages.

    `packages` have versions.     A path below ``/etc/systemd/system`` is made by a generator.
    """
    first = next(iter(packages))

    def origin(path: str) -> str:
        return "<systemctl>" if path.startswith("/etc/systemd/system/") else first

    entries = scan(tree)
    lines = path_lines(entries.values(), origin=origin, owner=lambda entry: "root:root")
    scratch = tree.parent / f"{tree.name}-scratch"
    scratch.mkdir()
    return head.add(
        module,
        version,
        files={
            "layer.squashfs": squashed(tree, scratch / "layer.squashfs"),
            f"{module}.contents.gz": _packed(contents_text(ModuleName(module), lines)),
            f"{module}.packages.version.gz": _packed(packages_text(_lines(packages))),
            **(state(scratch / "state", {}, BASE) if module == "core" else {}),
        },
        **options,
    )


def _lines(packages: Mapping[str, str]) -> tuple[PackageLine, ...]:
    return tuple(
        PackageLine(
            package=name,
            version=version,
            architecture="amd64",
            source=name,
            sha256=digest_bytes(f"{name} {version}".encode()),
            archive="debian",
        )
        for name, version in packages.items()
    )


def _packed(text: str) -> bytes:
    return gzip.compress(text.encode("utf-8", "surrogateescape"), mtime=0)


def write_tree(tree: Path, files: Mapping[str, str]) -> Path:
    """A directory with these files; a text that begins with ``->`` is a link."""
    for path, text in files.items():
        place = tree / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("->"):
            place.symlink_to(text.removeprefix("->"))
        else:
            place.write_text(text)
    return tree


def build_listed(head: HeadNode) -> Path:
    """Make the image ``compute`` of core and slurm; returns the directory of its generation."""
    name = ImageName("compute")
    if name not in defined_images(head.places):
        new = NewImage(name=name, modules=[ModuleName("slurm")])
        create_image(head.places, new, listen=head.heard.append)
    head.build(name, force=True)
    head.deploy(name)
    return head.newest(name)
