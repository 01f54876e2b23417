"""Looking into a .deb without unpacking it."""

import gzip
import io
import re
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from debian.arfile import ArFile

from qlumod.late import late

debfile = late("debian.debfile")
# A head node's programs import this module, but have no python-apt.
apt_inst = late("apt_inst")
_OURS = {"control": ("control.tar.gz", "control.tar.xz"), "data": ("data.tar", "data.tar.gz")}
"""The parts that tarfile reads by itself; python-debian, which knows all, takes long to import."""
SMALL = 1 << 16
"""Bytes that are unpacked at once, which is quicker."""
_FIELDS = re.compile(r"([A-Za-z][A-Za-z0-9-]*:.*\n([ \t].*\S.*\n)*)+\Z")
_FIELD = re.compile(r"^([A-Za-z0-9-]+):[ \t]*(.*)((?:\n[ \t].*)*)$", re.MULTILINE)


def read_control(path: Path) -> dict[str, str]:
    """The fields of the control file; raises what tarfile and python-debian raise."""
    with _part(path, "control") as archive:
        for member in archive or ():
            file = archive.extractfile(member) if member.name in ("control", "./control") else None
            if file and (fields := control_fields(file.read().decode(errors="replace"))):
                return fields
    opened = debfile.DebFile(str(path))
    try:
        return dict(opened.debcontrol().items())
    finally:
        opened.close()


def control_fields(text: str) -> dict[str, str]:
    """The fields of a plain control file; none: it is left to python-debian."""
    if not _FIELDS.match(text):
        return {}
    return {name: first.rstrip() + rest for name, first, rest in _FIELD.findall(text)}


@contextmanager
def data_of(path: Path) -> Iterator[tarfile.TarFile]:
    """The archive of the files; raises what tarfile and python-debian raise."""
    with _part(path, "data") as archive:
        if archive:
            yield archive
            return
    opened = debfile.DebFile(str(path))
    try:
        yield opened.data.tgz()
    finally:
        opened.close()


def control_members(path: Path) -> dict[str, bytes]:
    """The bytes of each file of the control archive; raises what python-apt raises."""
    found: dict[str, bytes] = {}

    def take(member: Any, data: bytes) -> None:
        if member.isfile():
            found[member.name] = data

    with path.open("rb") as source:
        apt_inst.DebFile(source).control.go(take)
    return found


def data_digests(path: Path, digest: Callable[[bytes], bytes]) -> tuple[bytes, ...]:
    """A digest of each regular file; raises what python-apt raises."""
    found: list[bytes] = []

    def take(member: Any, data: bytes) -> None:
        if member.isfile():
            found.append(digest(data))

    with path.open("rb") as source:
        apt_inst.DebFile(source).data.go(take)
    return tuple(found)


def data_member(path: Path, name: str) -> bytes | None:
    """The bytes of the regular file with that absolute path; None: there is none."""
    with path.open("rb") as source:
        try:
            found: bytes = apt_inst.DebFile(source).data.extractdata(name.lstrip("/"))
        except LookupError:
            return None
    return found


@contextmanager
def _part(path: Path, part: str) -> Iterator[Any]:
    """One of the two archives; None: it is of a kind that is left to python-debian."""
    with path.open("rb") as deb:
        found = ArFile(fileobj=deb)
        name = next((name for name in _OURS[part] if name in found.getnames()), None)
        if name is None:
            yield None
            return
        file = found.getmember(name)
        if name.endswith(".gz") and file.size <= SMALL:
            file = io.BytesIO(gzip.decompress(file.read()))
        with tarfile.open(fileobj=file, mode="r:*") as archive:
            yield archive
