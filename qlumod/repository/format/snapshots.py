"""Reading snapshots, and the entries that a suite offers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.model.names import Digest
from qlumod.model.stanzas import date_seconds, signed_stanza
from qlumod.repository.format.index_entries import ALL, IndexEntry
from qlumod.repository.format.indexes import SOURCES, joined_entries, packages_path, read_index
from qlumod.repository.format.layout import Layout
from qlumod.repository.format.layout import suite as suite_name
from qlumod.repository.format.release_file import DESPITE_TRIAL
from qlumod.system.disk.documents import read_small
from qlumod.system.disk.regular_files import Sum, file_sum, read_bytes

RELEASE = "Release"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A publication of a suite: what it offered from a certain time on."""

    identity: str
    suite: str
    directory: Path
    """The directory of Release and the indexes."""
    fields: Mapping[str, str]
    """The fields of the Release file."""
    sums: dict[str, Sum]
    """Size and digest of each index, from Release."""

    @property
    def date(self) -> int:
        """The time of publication, in seconds since 1970."""
        return date_seconds(self.fields["Date"], str(self.directory / RELEASE))

    @property
    def valid_until(self) -> int | None:
        """The time after which clients reject it, in seconds since 1970; None: never."""
        said = self.fields.get("Valid-Until")
        return date_seconds(said, str(self.directory / RELEASE)) if said else None

    @property
    def despite(self) -> str:
        """The reason for which it has packages that apt could not install; empty: it has none."""
        return self.fields.get(DESPITE_TRIAL, "")

    @property
    def architectures(self) -> tuple[str, ...]:
        """The architectures that have an index."""
        return tuple(name for name in self.fields["Architectures"].split() if name != ALL)

    def stored_indexes(self) -> tuple[str, ...]:
        """The indexes that exist as files; Release only names the uncompressed ones."""
        return tuple(path for path in self.sums if path.endswith((".gz", ".zst", ".xz")))

    def entries(self) -> tuple[IndexEntry, ...]:
        """All its entries; raises `QlumodError` if an index differs from the signed one."""
        # Packages of `all` are in the index of each architecture.
        paths = (SOURCES, *(packages_path(name) for name in self.architectures or (ALL,)))
        return joined_entries(read_index(path, self.checked(f"{path}.gz")) for path in paths)

    def checked(self, path: str) -> bytes:
        """Read an index file; raises `QlumodError` if it differs from the signed one."""
        file = self.directory / path
        said = self.sums.get(path)
        if said is None or file_sum(file) != said:
            raise QlumodError(
                f"{file} is not the file that Release names",
                remedy="see what else is wrong (qlumod repo check), and restore it from a copy",
            )
        return read_bytes(file, most=said.size)


def current_snapshot(layout: Layout, suite: str) -> Snapshot | None:
    """The current snapshot of a suite; None: the suite does not exist yet."""
    identity = layout.current(suite)
    return None if identity is None else read_snapshot(layout, identity, suite)


def existing(layout: Layout, suite: str) -> Snapshot:
    """The current snapshot of a suite; raises `QlumodError` if the suite does not exist."""
    snapshot = current_snapshot(layout, suite_name(suite))
    if snapshot is None:
        raise QlumodError(
            f"{layout.root} has no suite {suite}",
            remedy=f"it has {', '.join(layout.suite_names()) or 'none yet'}",
        )
    return snapshot


def read_snapshot(layout: Layout, identity: str, suite: str) -> Snapshot:
    """Read the Release file of a snapshot; raises `QlumodError`."""
    directory = layout.snapshot(identity) / "dists" / suite
    path = directory / RELEASE
    told = signed_stanza(read_small(path), str(path))
    for name in ("Date", "Architectures"):
        told.need(name)
    return Snapshot(
        identity=identity,
        suite=suite,
        directory=directory,
        fields=told.fields,
        sums={
            name: Sum(size=size, sha256=Digest(digest))
            for digest, size, name in told.files("SHA256")
        },
    )


def all_snapshots(layout: Layout) -> tuple[Snapshot, ...]:
    """All snapshots, the oldest first."""
    return tuple(
        read_snapshot(layout, identity, suite.name)
        for identity in layout.snapshot_names()
        for suite in sorted((layout.snapshot(identity) / "dists").iterdir())
    )
