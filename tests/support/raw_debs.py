"""Debs whose bytes are chosen one by one, which dpkg-deb would not write."""

import gzip
import io
import tarfile
from collections.abc import Mapping, Sequence

CONTROL = (
    b"Package: tool\nVersion: 1.0\nArchitecture: all\nMaintainer: Test <test@example.org>\n"
    b"Description: a tool\n"
)


def member(
    path: str, data: bytes = b"", *, kind: bytes = tarfile.REGTYPE, target: str = ""
) -> tuple[tarfile.TarInfo, bytes]:
    """What goes into a tar archive."""
    info = tarfile.TarInfo(path)
    info.size, info.type, info.linkname, info.mtime = len(data), kind, target, 1_700_000_000
    return info, data


def tar(*members: tuple[tarfile.TarInfo, bytes], form: int = tarfile.GNU_FORMAT) -> bytes:
    """A tar archive."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=form) as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return written.getvalue()


def ar(members: Mapping[str, bytes] | Sequence[tuple[str, bytes]], *, time: bytes = b"0") -> bytes:
    """An ar archive; `time` stands in each header."""
    pairs = members.items() if isinstance(members, Mapping) else members
    return b"!<arch>\n" + b"".join(
        name.encode().ljust(16)
        + time.ljust(12)
        + b"0     0     100644  "
        + str(len(data)).encode().ljust(10)
        + b"`\n"
        + data
        + b"\n" * (len(data) % 2)
        for name, data in pairs
    )


def deb(control: bytes = CONTROL, *files: tuple[tarfile.TarInfo, bytes]) -> bytes:
    """A .deb with that control file."""
    return ar(
        {
            "debian-binary": b"2.0\n",
            "control.tar.gz": gzip.compress(tar(member("./control", control)), mtime=0),
            "data.tar.gz": gzip.compress(tar(*files), mtime=0),
        }
    )
