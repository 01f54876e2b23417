"""Building a payload a second time, and listing every path that differs."""

from collections.abc import Iterator
from pathlib import Path

from qlumod.model.contents import PathLine
from qlumod.model.manifest import LAYER
from qlumod.model.payload_paths import MANIFEST, contents_file
from qlumod.stack.payload import Payload
from qlumod.system.disk.regular_files import file_sum


def differing_paths(first: Payload, second: Payload) -> tuple[str, ...]:
    """The differences of two payloads of the same inputs, a line each; empty if they are equal.

    Paths of the layers are named if the contents files differ.
    """
    paths = tuple(_different_lines(first, second))
    files = tuple(_different_files(first.directory, second.directory))
    told = {LAYER, contents_file(first.module)} if paths else set()
    return (*paths, *(f"{name}: other bytes" for name in files if name not in told))


def _different_lines(first: Payload, second: Payload) -> Iterator[str]:
    one, other = ({line.path: line for line in payload.contents} for payload in (first, second))
    for path in sorted(one.keys() | other.keys()):
        if path not in other:
            yield f"{path}: only the first build made it"
        elif path not in one:
            yield f"{path}: only the second build made it"
        elif one[path] != other[path]:
            yield f"{path}: {', '.join(_fields(one[path], other[path]))}"


def _fields(one: PathLine, other: PathLine) -> Iterator[str]:
    names = ("type", "mode", "owner", "size", "content", "origin")
    for name, old, new in zip(names, str(one).split("\t"), str(other).split("\t"), strict=False):
        if old != new:
            yield f"{name} {old} and {new}"


def _different_files(first: Path, second: Path) -> Iterator[str]:
    names = {
        str(path.relative_to(tree))
        for tree in (first, second)
        for path in tree.rglob("*")
        if path.is_file() and path.name != MANIFEST
    }
    for name in sorted(names):
        one, other = first / name, second / name
        if not one.exists() or not other.exists() or file_sum(one) != file_sum(other):
            yield name
