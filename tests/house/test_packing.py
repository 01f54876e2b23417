"""There is one way to compress, one to decompress, and each file is read with a limit."""

import ast
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT

LIBRARIES = frozenset({"gzip", "zlib", "bz2", "lzma", "tarfile", "zipfile", "zstandard"})
GZIP = "gzip is written by gzipped, and read by unpacked and unpacked_lines"
STREAMS = "the one way to unpack archives and indexes, with limits of bytes and of memory"
SECRETS = "within the budget of a file in which secrets are searched"
FAULTS = "its exceptions only"
TAR = "a tar archive that is not compressed, of limited size"
USES = {
    ("model/packed.py", "gzip"): GZIP,
    ("model/packed.py", "zlib"): GZIP,
    ("system/disk/unpacking.py", "bz2"): STREAMS,
    ("system/disk/unpacking.py", "gzip"): STREAMS,
    ("system/disk/unpacking.py", "lzma"): STREAMS,
    ("system/disk/unpacking.py", "zstandard"): STREAMS,
    ("system/disk/libraries.py", "lzma"): FAULTS,
    ("system/disk/libraries.py", "tarfile"): FAULTS,
    ("system/disk/libraries.py", "zlib"): FAULTS,
    ("system/disk/libraries.py", "zstandard"): FAULTS,
    ("secrets/unpack/archives.py", "lzma"): FAULTS,
    ("secrets/unpack/archives.py", "tarfile"): SECRETS,
    ("secrets/unpack/archives.py", "zipfile"): SECRETS,
    ("secrets/unpack/archives.py", "zlib"): FAULTS,
    ("secrets/unpack/streams.py", "bz2"): SECRETS,
    ("secrets/unpack/streams.py", "lzma"): SECRETS,
    ("secrets/unpack/streams.py", "zlib"): SECRETS,
    ("secrets/unpack/streams.py", "zstandard"): SECRETS,
    ("head/site.py", "tarfile"): "the site's secrets are written, not compressed",
    ("model/cpio.py", "zstandard"): "an initrd beside a layer, with a limit of bytes",
    ("package/before.py", "tarfile"): TAR,
    ("package/orig.py", "tarfile"): "an archive is written, and stored by package/stored.py",
    ("package/stored.py", "zlib"): "a checksum: what is stored is not compressed",
    ("packaging/debian/tar.py", "zlib"): "a checksum",
    ("system/disk/tar_writing.py", "tarfile"): "an archive is written, not compressed here",
    ("repository/index/chunks.py", "zstandard"): "indexes are compressed, chunk by chunk",
    ("repository/index/cutting.py", "zlib"): "a checksum",
    ("repository/publishing/publication.py", "lzma"): "an index is compressed, if it is asked for",
}
"""The files that use a library of compression, and for what."""

KERNEL = "a file of the kernel"
SYSTEM = "a file of this machine's administrator"
OWN = "a file of qlumod itself"
READS = {
    "head/image_history.py": KERNEL,
    "package/deb_build.py": OWN,
    "packaging/debian/fewer_starts.py": OWN,
    "packaging/debian/solving/frames.py": OWN,
    "secrets/rules/known.py": OWN,
    "system/disk/mount.py": KERNEL,
    "system/disk/ownership.py": KERNEL,
    "system/disk/tmpfs.py": KERNEL,
    "system/enclosure/cgroups.py": KERNEL,
    "system/enclosure/enclosure.py": OWN,
    "system/keys/gpg_daemons.py": "the settings of GnuPG of the user who calls",
    "system/processes/user_namespace.py": SYSTEM,
}
"""The files that read a whole file without a limit, and why they may."""


def _sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / "qlumod").rglob("*.py")):
        yield str(path.relative_to(ROOT / "qlumod")), ast.parse(path.read_text())


def _libraries(tree: ast.Module) -> Iterator[str]:
    """The modules that are imported, also by `late`."""
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                yield from (name.name for name in node.names)
            case ast.ImportFrom():
                yield node.module or ""
            case ast.Call(func=ast.Name(id="late"), args=[ast.Constant(value=name)]):
                yield str(name)


def _reads(tree: ast.Module) -> bool:
    """Whether `Path.read_bytes` or `Path.read_text` is called, which have no limit."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("read_bytes", "read_text")
        for node in ast.walk(tree)
    )


def test_what_compresses_and_decompresses_is_listed() -> None:
    found = {(path, name) for path, tree in _sources() for name in LIBRARIES & {*_libraries(tree)}}
    assert found == USES.keys()


def test_what_reads_without_a_limit_is_listed() -> None:
    assert {path for path, tree in _sources() if _reads(tree)} == READS.keys()


@pytest.mark.parametrize(
    ("text", "libraries", "reads"),
    [
        ("import gzip", {"gzip"}, False),
        ("from lzma import compress", {"lzma"}, False),
        ("zstandard = late('zstandard')", {"zstandard"}, False),
        ("def f():\n    import bz2", {"bz2"}, False),
        ("import re\nread_bytes(path, most=1)", set(), False),
        ("path.read_text()", set(), True),
    ],
)
def test_such_uses_are_found(text: str, libraries: set[str], reads: bool) -> None:
    tree = ast.parse(text)
    assert LIBRARIES & {*_libraries(tree)} == libraries
    assert _reads(tree) == reads
