"""Reading what was published: the snapshots, and what a suite offers."""

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
from qlumod.system.disk.documents import read_small
from qlumod.system.disk.regular_files import Sum, file_sum, read_bytes

RELEASE = "Release"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a suite offered from one moment on."""

    identity: str
    suite: str
    directory: Path
    """Where Release and the indexes lie."""
    fields: Mapping[str, str]
    """The fields of Release."""
    sums: dict[str, Sum]
    """What Release says of the indexes."""

    @property
    def date(self) -> int:
        """When it was published, in seconds."""
        return date_seconds(self.fields["Date"], str(self.directory / RELEASE))

    @property
    def valid_until(self) -> int | None:
        """When clients stop believing it, in seconds; None: never."""
        said = self.fields.get("Valid-Until")
        return date_seconds(said, str(self.directory / RELEASE)) if said else None

    @property
    def architectures(self) -> tuple[str, ...]:
        """The architectures that have an index of their own."""
        return tuple(name for name in self.fields["Architectures"].split() if name != ALL)

    def stored_indexes(self) -> tuple[str, ...]:
        """The indexes that are there as files; the plain ones are only named."""
        return tuple(path for path in self.sums if path.endswith((".gz", ".zst", ".xz")))

    def entries(self) -> tuple[IndexEntry, ...]:
        """All that it offers; raises `QlumodError` if an index is not the one that was signed."""
        # What is for all architectures stands in the index of each.
        paths = (SOURCES, *(packages_path(name) for name in self.architectures or (ALL,)))
        return joined_entries(read_index(path, self.checked(f"{path}.gz")) for path in paths)

    def checked(self, path: str) -> bytes:
        """Read an index file; raises `QlumodError` if it is not the one that was signed."""
        file = self.directory / path
        if path not in self.sums or file_sum(file) != self.sums[path]:
            raise QlumodError(
                f"{file} is not the file that Release names",
                remedy="see what else is wrong (qlumod repo check), and restore it from a copy",
            )
        return read_bytes(file)


def current_snapshot(layout: Layout, suite: str) -> Snapshot | None:
    """What a suite offers now; None: it is not there yet."""
    identity = layout.current(suite)
    return None if identity is None else read_snapshot(layout, identity, suite)


def existing(layout: Layout, suite: str) -> Snapshot:
    """What a suite offers that must be there."""
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
    """Every snapshot there is, the oldest first."""
    return tuple(
        read_snapshot(layout, identity, suite.name)
        for identity in layout.snapshot_names()
        for suite in sorted((layout.snapshot(identity) / "dists").iterdir())
    )
