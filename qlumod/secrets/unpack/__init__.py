"""Unpacking a file: members of archives, compressed streams, databases, encoded texts."""

from collections.abc import Callable, Iterator

from qlumod.secrets.ceilings import DEPTH, Budget, Exhausted
from qlumod.secrets.part import Part
from qlumod.secrets.unpack.archives import ar_members, cpio_members, tar_members, zip_members
from qlumod.secrets.unpack.databases import database_words, table_rows
from qlumod.secrets.unpack.encoded import base64_texts, hex_texts, wide_text
from qlumod.secrets.unpack.gvdb import gvdb_settings
from qlumod.secrets.unpack.streams import streams

Opener = Callable[[Part, Budget], Iterator[Part]]
"""Yields the inner parts of a part; none if it is no container of that kind."""

CONTAINERS: tuple[Opener, ...] = (
    streams,
    zip_members,
    tar_members,
    ar_members,
    cpio_members,
    table_rows,
    database_words,
    gvdb_settings,
    wide_text,
)

ENCODED: tuple[Opener, ...] = (base64_texts, hex_texts)
"""The same for encoded texts anywhere in a part."""

CLOSED = (
    (b"\x04\x22\x4d\x18", "it is compressed by lz4"),
    (b"\x02\x21\x4c\x18", "it is compressed by lz4"),
    (b"\x89LZO\0", "it is compressed by lzop"),
    (b"LZIP", "it is compressed by lzip"),
    (b"\x1f\x9d", "it is compressed by compress"),
    (b"7z\xbc\xaf\x27\x1c", "it is an archive of 7-Zip"),
    (b"Rar!\x1a\x07", "it is an archive of RAR"),
    (b"hsqs", "it is a squashfs"),
    (b"\xed\xab\xee\xdb", "it is an RPM package"),
    (b"MSCF\0\0\0\0", "it is a cabinet archive"),
    (b"QFI\xfb", "it is a disk image"),
)
"""The first bytes of containers that are not opened, and the reason for reports."""


def members_within(part: Part, budget: Budget) -> Iterator[Part]:
    """The members of a part, one level down; members above the limits are recorded as unread."""
    closed = next((why for magic, why in CLOSED if part.data.startswith(magic)), "")
    if closed:
        budget.skip(part.where, closed)
    yield from _opened(part, budget, CONTAINERS)


def spelt_out(part: Part, budget: Budget) -> Iterator[Part]:
    """The encoded texts in a part; those above the limits are recorded as unread."""
    yield from _opened(part, budget, ENCODED)


def _opened(part: Part, budget: Budget, openers: tuple[Opener, ...]) -> Iterator[Part]:
    for opener in openers:
        try:
            for inner in opener(part, budget):
                if inner.depth > DEPTH:
                    budget.skip(part.where, f"there are more than {DEPTH} levels in it")
                    return
                yield inner
        except Exhausted as end:
            budget.skip(part.where, str(end))
