"""Small .debs, read at once: of thousands, tarfile would take most of the time of a publication.

Only what is plain is read here: gzip around both archives, names that fit into their headers. For
everything else there is `deb_file`, which also tells what is wrong with it.
"""

import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from qlumod.model.names import Digest
from qlumod.system.deb_file import control_fields
from qlumod.system.files import Sum, read_bytes, told

LARGEST = 1 << 20
"""Bytes of a small .deb, and of each archive in it."""
_MEMBERS = ["debian-binary", "control.tar.gz", "data.tar.gz"]
_GZIP = 31
"""What zlib calls a gzip header, with the digest at the end."""
_BLOCK = 512
_NOTHING = bytes(_BLOCK)
_NAME = 100
"""Bytes of a name that fits; it ends with one of nothing."""
_PLAIN = re.compile(rb"[0-7]{11}[\0 ].{121}ustar", re.DOTALL)
"""From the size in a header to the word that tells its format."""
_UNUSED = bytes(_BLOCK - 345)
"""What ends a header where no later format uses it."""
_FILES, _LINKS, _FOLDER = b"0\0", b"12", b"5"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallDeb:
    """A .deb: the digest of its bytes, the fields of its control file, and its files and links."""

    sum: Sum
    control: dict[str, str]
    files: Mapping[str, bytes]
    """The bytes of each by its name; none of links."""


def read_small(path: Path) -> SmallDeb | None:
    """Read a .deb; None: it is not small, not plain, or not whole. Raises `QlumodError`."""
    with told(path, "read"):
        if path.stat().st_size > LARGEST:
            return None
    data = read_bytes(path)
    try:
        _, control, files = (_archive(member) for member in _members(data))
    except (zlib.error, ValueError):
        return None
    text = control.get("./control") or control.get("control") or b""
    fields = control_fields(text.decode(errors="replace"))
    found = Sum(size=len(data), sha256=Digest(hashlib.sha256(data).hexdigest()))
    return SmallDeb(sum=found, control=fields, files=files) if fields else None


def _members(data: bytes) -> Iterator[bytes]:
    """The members of a .deb, which fill it."""
    if data[:8] != b"!<arch>\n":
        raise ValueError
    position = 8
    for name in _MEMBERS:
        header = data[position : position + 60]
        if header[:16].rstrip(b" /") != name.encode() or header[58:] != b"`\n":
            raise ValueError
        size = int(header[48:58])
        yield data[position + 60 : position + 60 + size]
        position += 60 + size + size % 2
    if position != len(data):
        raise ValueError


def _archive(packed: bytes) -> dict[str, bytes]:
    """The files and links of a packed archive."""
    if packed == b"2.0\n":
        return {}
    unpacking = zlib.decompressobj(_GZIP)
    data = unpacking.decompress(packed, LARGEST)
    if not unpacking.eof or unpacking.unused_data:
        raise ValueError
    return dict(_files(data))


def _files(data: bytes) -> Iterator[tuple[str, bytes]]:
    position = 0
    while (header := data[position : position + _BLOCK]) != _NOTHING:
        kind, end = header[156:157], header.find(b"\0")
        # Names that go on elsewhere, and what only newer formats have.
        if not _PLAIN.match(header, 124) or not header.endswith(_UNUSED) or end >= _NAME:
            raise ValueError
        position += _BLOCK
        if kind in _FILES:
            size = int(header[124:135], 8)
            yield header[:end].decode(errors="surrogateescape"), data[position : position + size]
            position += -(-size // _BLOCK) * _BLOCK
        elif kind in _LINKS:
            yield header[:end].decode(errors="surrogateescape"), b""
        elif kind != _FOLDER:
            raise ValueError
