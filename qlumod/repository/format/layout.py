"""The paths in a repository."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.system.disk.beneath import Beneath
from qlumod.system.disk.ownership import require_own

COMPONENT = "main"
"""The only component."""
UPDATES = "-proposed-updates"
"""The suffix of the suite of proposed updates, after the name of the release's suite."""

_SUITE = re.compile(r"[a-z0-9][a-z0-9.+-]*\Z")
_SNAPSHOT = re.compile(r"\d{8}T\d{6}Z\Z")


def suite(text: str) -> str:
    """Check the name of a suite, which becomes a directory name; raises `QlumodError`."""
    if not _SUITE.match(text) or ".." in text:
        raise QlumodError(f"{text!r} is no name of a suite: it is one such as '14.0-bookworm'")
    return text


def snapshot_id(text: str) -> str:
    """Check the name of a snapshot; raises `QlumodError`."""
    if not _SNAPSHOT.match(text):
        raise QlumodError(f"{text!r} is no snapshot: it is a time such as '20260131T120000Z'")
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The paths of the repository at `root`; served files have no leading dot in their names."""

    root: Path

    @property
    def files(self) -> Beneath:
        """Writes and removes all files of the repository without following links."""
        return Beneath(self.root)

    @property
    def pool(self) -> Path:
        """The published files; an existing file never changes."""
        return self.root / "pool"

    @property
    def suites(self) -> Path:
        """One symbolic link per suite."""
        return self.root / "dists"

    @property
    def snapshots(self) -> Path:
        """One directory per publication."""
        return self.root / "snapshots"

    @property
    def own(self) -> Path:
        """The private directory of qlumod."""
        return self.root / ".qlumod"

    @property
    def settings(self) -> Path:
        """The file of keys, Origin and Label."""
        return self.own / "settings"

    @property
    def keys(self) -> Path:
        """All public keys that have ever signed; older snapshots are verified with them."""
        return self.own / "keys.asc"

    @property
    def proving_keys(self) -> Path:
        """The public keys of the hosts that sign proofs."""
        return self.own / "proving-keys.asc"

    @property
    def lock(self) -> Path:
        """The lock that a process holds while it changes the repository."""
        return self.own / "lock"

    @property
    def staging(self) -> Path:
        """Unfinished publications, one directory each."""
        return self.own / "staging"

    @property
    def chunks(self) -> Path:
        """Compressed parts of indexes, by the digest of the uncompressed bytes; may be removed."""
        return self.own / "chunks"

    @property
    def sets(self) -> Path:
        """The documents of module sets, by the digests that snapshots name."""
        return self.own / "sets"

    @property
    def proofs(self) -> Path:
        """Documents of verify-stack, by their digests."""
        return self.own / "proofs"

    @property
    def proved(self) -> Path:
        """The stacks that equal an installation: a line each, with the digest of the proof."""
        return self.own / "proved"

    @property
    def going(self) -> Path:
        """Snapshots that are being removed."""
        return self.own / "going"

    @property
    def gone(self) -> Path:
        """The published files that were removed: a line per file."""
        return self.own / "gone"

    def sources(self, suite: str) -> Path:
        """The file that users of a suite put into /etc/apt/sources.list.d/."""
        return self.root / f"{suite}.sources"

    def link(self, suite: str) -> Path:
        """The symbolic link of a suite, whose rename is the commit."""
        return self.suites / suite

    def snapshot(self, identity: str) -> Path:
        """The directory of a snapshot: an apt repository."""
        return self.snapshots / identity

    def target(self, identity: str, suite: str) -> str:
        """The target of the link of a suite."""
        return f"../snapshots/{identity}/dists/{suite}"

    def require_own(self) -> None:
        """Raise if users other than root and the caller can change the repository."""
        for folder in (self.root, self.own):
            require_own(folder)

    def require_one_file_system(self) -> None:
        """Raise if a part is on another file system: files are linked and renamed between parts."""
        for part in (self.own, self.staging, self.pool, self.snapshots, self.suites):
            if os.path.lexists(part) and part.lstat().st_dev != self.root.stat().st_dev:
                raise QlumodError(
                    f"{part} is on another file system than {self.root}: no file can be linked or"
                    " renamed from one to the other",
                    remedy=f"have the whole repository on one file system: mount it at {self.root},"
                    " or move the repository",
                )

    def snapshot_names(self) -> tuple[str, ...]:
        """All snapshots, the oldest first."""
        return tuple(filter(_SNAPSHOT.match, self.files.names(self.snapshots)))

    def suite_names(self) -> tuple[str, ...]:
        """All suites that are served."""
        return tuple(filter(_SUITE.match, self.files.names(self.suites)))

    def current(self, suite: str) -> str | None:
        """The snapshot that a suite points at; None: the suite does not exist yet."""
        link = self.link(suite)
        if link.is_symlink():
            parts = link.readlink().parts
            if parts[:2] == ("..", "snapshots") and parts[3:] == ("dists", suite):
                return parts[2]
        if link.is_symlink() or link.exists():
            raise QlumodError(
                f"{link} is not a link to a snapshot: qlumod did not make this suite",
                remedy="publish into a repository of its own (qlumod repo init)",
            )
        return None
