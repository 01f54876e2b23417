"""Archives of cpio, as they are written and as an initrd is read."""

import pytest
import zstandard

from qlumod.model.cpio import CpioMember, archive, members_of_initrd, unpacked_initrd
from qlumod.model.packed import zstd_frame

DIRECTORY = CpioMember(path="etc", mode=0o40755, mtime=7, links=2, inode=1)
FILE = CpioMember(path="etc/a.conf", mode=0o100644, mtime=5, uid=3, gid=4, data=b"hello", inode=2)
LINK = CpioMember(path="etc/b", mode=0o120777, mtime=6, data=b"a.conf", inode=3)


def test_what_is_written_is_read() -> None:
    data = archive((DIRECTORY, FILE, LINK))
    assert len(data) % 4 == 0
    assert members_of_initrd(data) == ((DIRECTORY, FILE, LINK),)


def test_an_initrd_has_several_archives_packed_or_not() -> None:
    first, last = archive((DIRECTORY,)), archive((FILE,))
    packed = zstandard.ZstdCompressor().compress(last)
    found = members_of_initrd(first + bytes(512) + packed + zstd_frame(archive((LINK,))))
    assert [[member.path for member in one] for one in found] == [
        ["etc"],
        ["etc/a.conf"],
        ["etc/b"],
    ]


def test_the_last_archive_counts() -> None:
    again = CpioMember(path=FILE.path, mode=0o100600, mtime=8, data=b"other")
    found = unpacked_initrd(archive((DIRECTORY, FILE)) + archive((again,)))
    assert [*found] == ["etc", FILE.path]
    assert (found[FILE.path].mode, found[FILE.path].data) == (0o100600, b"other")


def test_links_to_one_file_have_its_content() -> None:
    data = archive(
        (
            CpioMember(path="bin/a", mode=0o100755, mtime=1, links=2),
            CpioMember(path="bin/b", mode=0o100755, mtime=1, data=b"program", links=2),
        )
    )
    # Members are numbered in their order: both are inode 1.
    data = data.replace(b"07070100000002", b"07070100000001")
    found = unpacked_initrd(data)
    assert [(one.data, one.same_as) for one in found.values()] == [(b"program", "bin/a")] * 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x1f\x8b\x08 packed", "this is no cpio archive, and nothing that zstd compressed"),
        (archive((FILE,))[:-124], "a cpio archive has no end"),
        (zstd_frame(archive((FILE,)))[:-1], "what zstd compressed has no end, or is too large"),
        (b"\x28\xb5\x2f\xfd\xff", "no end"),
        (b"070701what", "Non-hexadecimal digit found"),
    ],
)
def test_what_is_no_initrd_is_told(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        members_of_initrd(data)
