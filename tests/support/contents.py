"""What the documents of a payload say is in it."""

import gzip
from pathlib import Path

from qlumod.model.contents import parse_contents
from qlumod.model.manifest import parse_manifest


def module_of(payload: Path) -> str:
    """The name of the module."""
    return parse_manifest((payload / "manifest").read_text(), "manifest").module


def packages_in(payload: Path) -> list[list[str]]:
    """The lines of its packages, in their columns."""
    file = payload / f"{module_of(payload)}.packages.version.gz"
    return [line.split("\t") for line in gzip.decompress(file.read_bytes()).decode().splitlines()]


def paths_in(payload: Path) -> dict[str, str]:
    """The files of its layer and what made them."""
    file = payload / f"{module_of(payload)}.contents.gz"
    text = gzip.decompress(file.read_bytes()).decode()
    return {line.path: line.origin for line in parse_contents(text, "contents") if line.type == "f"}
