"""Building a payload a second time, and telling every path in which it came out otherwise."""

from collections.abc import Iterator
from pathlib import Path

from qlumod.model.manifest import LAYER
from qlumod.model.names import ModuleName
from qlumod.model.payload import MANIFEST
from qlumod.system.documents import read_packed_document


def differences(module: ModuleName, first: Path, second: Path) -> tuple[str, ...]:
    """How two payloads of the same inputs differ, a line each; empty where they are the same.

    The paths of the layers are named where the contents files tell them apart.
    """
    contents = f"{module}.contents.gz"
    paths = tuple(_different_lines(first / contents, second / contents))
    files = tuple(_different_files(first, second))
    told = {LAYER, contents} if paths else set()
    return (*paths, *(f"{name}: other bytes" for name in files if name not in told))


def _different_lines(first: Path, second: Path) -> Iterator[str]:
    one, other = _lines(first), _lines(second)
    for path in sorted(one.keys() | other.keys()):
        if path not in other:
            yield f"{path}: only the first build made it"
        elif path not in one:
            yield f"{path}: only the second build made it"
        elif one[path] != other[path]:
            yield f"{path}: {', '.join(_fields(one[path], other[path]))}"


def _lines(contents: Path) -> dict[str, list[str]]:
    rows = (line.split("\t") for line in read_packed_document(contents).split("\n"))
    return {row[-1]: row[:-1] for row in rows if len(row) > 1}


def _fields(one: list[str], other: list[str]) -> Iterator[str]:
    names = ("type", "mode", "owner", "size", "content", "origin")
    for name, old, new in zip(names, one, other, strict=True):
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
        if not one.exists() or not other.exists() or one.read_bytes() != other.read_bytes():
            yield name
