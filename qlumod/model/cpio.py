"""The newc format of cpio archives (cpio(5)), of which initrds are made.

An initrd is a sequence of archives, each as it is or compressed. The kernel unpacks them one over
the other (initramfs-buffer-format in the kernel's documentation).
"""

import stat
import struct
from binascii import unhexlify
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from qlumod.late import late

zstandard = late("zstandard")

ZSTD = b"\x28\xb5\x2f\xfd"
"""The first bytes of a zstd frame."""
_NEWC = b"070701"
_HEADER = 110
_NUMBERS = struct.Struct(">13I")
"""The fields of a header; in an archive, each is eight hexadecimal digits."""
_END = "TRAILER!!!"
_MOST = 1 << 30
"""The most bytes that a compressed archive is unpacked to; one of Debian has a tenth."""
_PIECE = 1 << 12
"""Bytes that are unpacked at once, to some 128 MiB at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CpioMember:
    """A path of an archive, as cpio(1) writes it: without a slash at its beginning."""

    path: str
    mode: int
    mtime: int
    uid: int = 0
    gid: int = 0
    data: bytes = b""
    """The content of a regular file, or the target of a link."""
    links: int = 1
    inode: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InitrdPath:
    """A path as the kernel unpacks it."""

    mode: int
    uid: int
    gid: int
    mtime: int
    data: bytes
    same_as: str
    """The first path of the same file; its own path, unless it is a further hard link."""


def archive(members: Iterable[CpioMember]) -> bytes:
    """An archive of the members, numbered in their order."""
    whole = (*members, CpioMember(path=_END, mode=0, mtime=0))
    return b"".join(_written(member, number) for number, member in enumerate(whole, 1))


def _written(member: CpioMember, number: int) -> bytes:
    name = member.path.encode("utf-8", "surrogateescape") + b"\0"
    numbers = (
        number, member.mode, member.uid, member.gid, member.links, member.mtime, len(member.data),
        0, 0, 0, 0, len(name), 0,
    )  # fmt: skip
    header = _NEWC + b"".join(b"%08X" % one for one in numbers) + name
    return _to_four(header) + _to_four(member.data)


def _to_four(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def members_of_initrd(initrd: bytes) -> tuple[tuple[CpioMember, ...], ...]:
    """The members of each archive of an initrd, in order.

    Archives may be compressed by zstd; raises `ValueError` if one is damaged, or compressed
    otherwise.
    """
    archives: list[tuple[CpioMember, ...]] = []
    rest = initrd
    while rest:
        if rest.startswith(ZSTD):
            data, rest = _frame(rest)
            archives.extend(_archives(data))
        elif rest.startswith(_NEWC):
            found, end = _members(rest)
            archives.append(found)
            rest = rest[end:].lstrip(b"\0")
        else:
            raise ValueError("this is no cpio archive, and nothing that zstd compressed")
    return tuple(archives)


def _archives(data: bytes) -> Iterator[tuple[CpioMember, ...]]:
    while data:
        found, end = _members(data)
        yield found
        data = data[end:].lstrip(b"\0")


def _frame(data: bytes) -> tuple[bytes, bytes]:
    """The unpacked content of the first frame, and what is behind the frame."""
    unpacking = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
    pieces: list[bytes] = []
    size = at = 0
    try:
        while at < len(data) and not unpacking.eof and size <= _MOST:
            pieces.append(unpacking.decompress(data[at : at + _PIECE]))
            size += len(pieces[-1])
            at += _PIECE
    except zstandard.ZstdError as fault:
        raise ValueError(str(fault)) from fault
    if not unpacking.eof or size > _MOST:
        raise ValueError("what zstd compressed has no end, or is too large")
    return b"".join(pieces), unpacking.unused_data + data[at:]


def _members(data: bytes) -> tuple[tuple[CpioMember, ...], int]:
    """The members of the archive at the beginning, and its end."""
    found: list[CpioMember] = []
    at = 0
    while data[at : at + len(_NEWC)] == _NEWC:
        start = at + len(_NEWC)
        digits = data[start : start + 2 * _NUMBERS.size]
        numbers = _NUMBERS.unpack(unhexlify(digits.ljust(2 * _NUMBERS.size)))
        inode, mode, uid, gid, links, mtime, size, *_, length, _ = numbers
        name = data[at + _HEADER : at + _HEADER + length].rstrip(b"\0")
        begin = _behind(at + _HEADER + length)
        at = _behind(begin + size)
        path = name.decode("utf-8", "surrogateescape")
        if path == _END:
            return tuple(found), at
        found.append(
            CpioMember(
                path=path, mode=mode, uid=uid, gid=gid, mtime=mtime,
                data=data[begin : begin + size], links=links, inode=inode,
            )
        )  # fmt: skip
    raise ValueError("a cpio archive has no end")


def _behind(at: int) -> int:
    return (at + 3) // 4 * 4


def unpacked_initrd(initrd: bytes) -> Mapping[str, InitrdPath]:
    """What the kernel makes of an initrd, by path; raises as `members_of_initrd`."""
    found: dict[str, InitrdPath] = {}
    for members in members_of_initrd(initrd):
        found.update(_unpacked(members))
    return found


def _unpacked(members: Iterable[CpioMember]) -> Iterator[tuple[str, InitrdPath]]:
    """What one archive adds: of several links to a file, one member has the content."""
    members = tuple(members)
    contents: dict[int, bytes] = {}
    first: dict[int, str] = {}
    for member in filter(_is_linked, members):
        contents[member.inode] = member.data or contents.get(member.inode, b"")
        first.setdefault(member.inode, member.path)
    for member in members:
        linked = _is_linked(member)
        yield (
            member.path,
            InitrdPath(
                mode=member.mode,
                uid=member.uid,
                gid=member.gid,
                mtime=member.mtime,
                data=contents[member.inode] if linked else member.data,
                same_as=first[member.inode] if linked else member.path,
            ),
        )


def _is_linked(member: CpioMember) -> bool:
    return stat.S_ISREG(member.mode) and member.links > 1
