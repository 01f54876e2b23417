"""Archives: zip (jar, whl, odt), tar, ar (deb), cpio (an initrd is several cpio archives)."""

import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator

from qlumod.secrets.ceilings import Budget
from qlumod.secrets.part import Part

_TAR_BLOCK = 512
_CPIO_HEADER = 110
_FAULTS = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    OverflowError,
    IndexError,
    NotImplementedError,
)
"""The exceptions of Python's modules for damaged archives."""
_IN_THE_ARCHIVE = "in the archive"


def zip_members(part: Part, budget: Budget) -> Iterator[Part]:
    """The files of a zip archive."""
    if not part.data.startswith(b"PK\x03\x04"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(part.data)) as archive:
            for member in archive.infolist():
                yield from _zip_member(part, archive, member, budget)
    except _FAULTS:
        budget.skip(part.where, "it is a damaged zip archive")


def _zip_member(
    part: Part, archive: zipfile.ZipFile, member: zipfile.ZipInfo, budget: Budget
) -> Iterator[Part]:
    if member.filename.endswith("/"):
        return
    budget.member(min(member.file_size, budget.unpacked + 1))
    try:
        with archive.open(member) as file:
            data = file.read(max(0, member.file_size))
    except (RuntimeError, NotImplementedError):
        budget.skip(part.where, "it has encrypted members, or such that cannot be unpacked")
        return
    except _FAULTS:
        budget.skip(part.where, "it has damaged members")
        return
    yield _member(part, member.filename, data)


def tar_members(part: Part, budget: Budget) -> Iterator[Part]:
    """The files of a tar archive."""
    if not _is_tar(part.data):
        return
    try:
        with tarfile.open(fileobj=io.BytesIO(part.data), mode="r:") as archive:
            for member in archive:
                budget.member(max(0, member.size) if member.isreg() else 0)
                file = archive.extractfile(member) if member.isreg() else None
                if file:
                    yield _member(part, member.name, file.read())
    except _FAULTS:
        budget.skip(part.where, "it is a damaged tar archive")


def _is_tar(data: bytes) -> bool:
    """Whether the first header's checksum is right (POSIX.1, ustar)."""
    head = data[:_TAR_BLOCK]
    told = head[148:156].strip(b" \0")
    if len(head) < _TAR_BLOCK or not told or not all(48 <= byte < 56 for byte in told):
        return False
    return int(told, 8) == sum(head) - sum(head[148:156]) + 8 * 32


def ar_members(part: Part, budget: Budget) -> Iterator[Part]:
    """The files of an ar archive (ar(5)), such as a .deb."""
    data, at = part.data, 8
    if not data.startswith(b"!<arch>\n"):
        return
    while at + 60 <= len(data):
        name, size = data[at : at + 16], data[at + 48 : at + 58].strip()
        if not size.isdigit():
            budget.skip(part.where, "it is a damaged ar archive")
            return
        start, end = at + 60, at + 60 + int(size)
        member = data[start:end]
        budget.member(len(member))
        yield _member(part, name.decode("latin-1").rstrip(" /"), member)
        at = end + end % 2


def cpio_members(part: Part, budget: Budget) -> Iterator[Part]:
    """The files of consecutive cpio archives; the data after them may be compressed (an initrd)."""
    data, at = part.data, 0
    while data[at : at + 6] in (b"070701", b"070702"):
        try:
            numbers = [int(data[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        except ValueError:
            budget.skip(part.where, "it is a damaged cpio archive")
            return
        size, name_size = numbers[6], numbers[11]
        start = _to_four(at + _CPIO_HEADER + name_size)
        name = data[at + _CPIO_HEADER : at + _CPIO_HEADER + name_size].rstrip(b"\0")
        member = data[start : start + size]
        budget.member(len(member))
        if member:
            yield _member(part, name.decode("utf-8", "surrogateescape"), member)
        at = _to_four(start + size)
        if name == b"TRAILER!!!":
            at = _behind_zeros(data, at)
    if 0 < at < len(data) - 4:
        yield part.inner("", "behind the first archives", data[at:])


def _to_four(at: int) -> int:
    return (at + 3) // 4 * 4


def _behind_zeros(data: bytes, at: int) -> int:
    rest = data[at:].lstrip(b"\0")
    return len(data) - len(rest)


def _member(part: Part, name: str, data: bytes) -> Part:
    return part.inner(f"/{name.lstrip('./')}", f"{name} {_IN_THE_ARCHIVE}", data)
