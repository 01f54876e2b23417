"""The only place where documents are opened: regular files, without links, of limited size.

Specs come by pull requests from people who must not read what the checking machine can read. So
no symbolic link is followed in the directory, wherever it points: even ``.git/config`` may contain
a password. No FIFO or device is opened, and every file has a limit.
"""

import os
import stat
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.model.document import decoded
from qlumod.model.packed import unpacked
from qlumod.system.disk.beneath import Beneath, NotBeneath
from qlumod.system.disk.refusals import told
from qlumod.system.disk.regular_files import kind_of

MOST = 1 << 24
"""The most bytes of a document: a lock of 10,000 packages has a third of them."""
MOST_PACKED = 1 << 27
"""The most bytes of a compressed one: the contents of a million files; digests do not compress."""

MOST_RECORDS = 1 << 28
"""The most bytes of a file with a line per published file, or per stack that was proved."""


def read_document(path: Path, *, within: Path | None = None) -> str:
    """The text of a document within a directory (None: its own); raises `QlumodError`."""
    return decoded(read_small(path, within=within), str(path))


def read_small(path: Path, *, within: Path | None = None) -> bytes:
    """The bytes of a file that is no larger than a document; raises `QlumodError`."""
    return Beneath(within or path.parent).read(path, most=MOST)


def read_packed(path: Path) -> bytes:
    """The content of a gzip file in its own directory, up to a limit; raises `QlumodError`."""
    return unpacked(Beneath(path.parent).read(path, most=MOST_PACKED), str(path))


def read_packed_document(path: Path) -> str:
    """The text of a document that is compressed by gzip; raises `QlumodError`."""
    return decoded(read_packed(path), str(path))


def place_of(named: str, beside: Path, what: str) -> Path:
    """The path that a document names: an absolute one, or one relative to the document.

    Within the document's directory, it must not lead through a symbolic link, which the author of
    the document may have added; `what` names the field for errors.
    """
    path = beside / named
    place = beside
    for part in () if Path(named).is_absolute() else Path(named).parts:
        if part == "..":
            break
        place /= part
        if place.is_symlink():
            raise NotBeneath(
                f"{what}: {place} is a symbolic link, and none is followed here",
                remedy="name the absolute path of what it points at, or put that there itself",
            )
    return path


def require_regular(path: Path, what: str) -> None:
    """Raise if a file, or the target of a link, is no regular file."""
    with told(path, "read"):
        mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        raise QlumodError(
            f"{what}: {path} is {kind_of(mode)}, not a regular file",
            remedy="name a file",
        )


def debs_in(folder: Path) -> list[Path]:
    """The .debs in a directory and in those below it, sorted by directories, relative to it.

    Raises `QlumodError` if one of them is not a regular file.
    """
    found = []
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(name for name in names if name.endswith(".deb")):
            _require_deb(path := Path(place, name))
            found.append(path.relative_to(folder))
    return found


def _require_deb(path: Path) -> None:
    mode = path.lstat().st_mode
    if not stat.S_ISREG(mode):
        raise QlumodError(
            f"{path} is {kind_of(mode)}, not a .deb",
            remedy="put the file itself there (cp, or ln without -s)",
        )
