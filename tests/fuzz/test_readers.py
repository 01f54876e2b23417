"""Whatever a reader is given, it returns a value or raises QlumodError: a short run; make fuzz."""

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from qlumod.errors import QlumodError
from qlumod.system.disk.documents import read_document, read_packed
from tests.conftest import ROOT
from tests.fuzz.mutations import bomb
from tests.fuzz.readers import ELSEWHERE, READERS, Reader
from tests.fuzz.run import tried

SECONDS = 0.25


@pytest.mark.parametrize("reader", READERS, ids=[reader.name for reader in READERS])
def test_a_reader_never_falls_over(reader: Reader) -> None:
    result = tried(reader, SECONDS)
    per_mb = result.seconds * (1 << 20) / result.size
    print(f"{reader.name}: {result.documents} documents, {per_mb:.2f} s/MB")
    assert not result.surprises, result.example


@pytest.mark.parametrize("reader", READERS, ids=[reader.name for reader in READERS])
def test_a_reader_takes_its_seeds(reader: Reader) -> None:
    for seed in reader.seeds:
        reader.read(seed)


def test_every_public_reader_is_tried() -> None:
    known = {reader.name for reader in READERS} | ELSEWHERE.keys()
    assert sorted(set(readers_in_the_code()) - known) == []


def readers_in_the_code() -> Iterator[str]:
    """The functions ``parse_…`` and those ``read_…`` of a text, and methods ``parse`` of values."""
    for path in sorted((ROOT / "qlumod").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT / "qlumod").with_suffix("").parts)
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and _reads(node):
                yield f"{module}.{node.name}"
            elif isinstance(node, ast.ClassDef):
                names = [one.name for one in node.body if isinstance(one, ast.FunctionDef)]
                yield from (f"{module}.{node.name}.parse" for name in names if name == "parse")


def _reads(node: ast.FunctionDef) -> bool:
    first = node.args.args[0].annotation if node.args.args else None
    of_text = isinstance(first, ast.Name) and first.id in ("str", "bytes")
    return node.name.startswith("parse_") or (node.name.startswith("read_") and of_text)


def test_a_few_bytes_of_gzip_are_not_three_gigabytes(tmp_path: Path) -> None:
    (tmp_path / "left-out.gz").write_bytes(bomb(1 << 29))
    with pytest.raises(QlumodError, match=r"left-out\.gz: it unpacks to more than 268435456 bytes"):
        read_packed(tmp_path / "left-out.gz")


@pytest.mark.parametrize("kind", ["fifo", "link", "device", "large"])
def test_a_document_is_a_file_of_its_size(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "manifest"
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "link":
            path.symlink_to("/etc/passwd")
        case "device":
            path.symlink_to("/dev/zero")
        case _:
            path.touch()
            os.truncate(path, 1 << 25)
    with pytest.raises(QlumodError, match="manifest"):
        read_document(path)
