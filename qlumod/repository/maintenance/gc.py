"""Removing snapshots, and the files that no other snapshot names.

The repository is complete after each step, and the next run finishes an interrupted one. First
each snapshot is moved away by one rename, then the files of the pool that nothing names any more
are removed, then the by-hash indexes. The names of removed files are recorded: no other content
may ever get them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.events import Listener, step
from qlumod.model.names import Digest
from qlumod.repository.format.index_entries import IndexEntry, PoolFile, sort_entries
from qlumod.repository.format.layout import Layout
from qlumod.repository.format.retired_names import remember
from qlumod.repository.format.snapshots import Snapshot, all_snapshots
from qlumod.repository.publishing.snapshot_staging import BY_HASH
from qlumod.repository.rules.retention import Offered
from qlumod.repository.sets.proofs import forget_proofs
from qlumod.repository.sets.set_documents import forget_sets, read_set, recorded_sets


@dataclass(frozen=True, slots=True, kw_only=True)
class LettingGo:
    """The snapshots and files to remove, and the snapshots that stay, with reasons."""

    snapshots: tuple[Snapshot, ...]
    packages: tuple[IndexEntry, ...]
    """The packages that only these snapshots have."""
    files: tuple[PoolFile, ...]
    """All files of the pool that no other snapshot names."""
    kept: Mapping[str, str]
    """The snapshots that stay, each with the reason."""

    @property
    def size(self) -> int:
        """The bytes that the pool frees."""
        return sum(file.size for file in self.files)


def letting_go(layout: Layout, offered: Sequence[Offered], kept: Mapping[str, str]) -> LettingGo:
    """Compute what to remove; `offered` are all snapshots, `kept` those that stay."""
    doomed = [one for one in offered if one.identity not in kept]
    staying = {entry for one in offered if one.identity in kept for entry in one.entries}
    going = {entry for one in doomed for entry in one.entries} - staying
    named = {file.path for entry in staying for file in entry.files}
    return LettingGo(
        snapshots=tuple(one.snapshot for one in doomed),
        packages=sort_entries(going),
        files=_unnamed(layout, named, {file.path: file for one in going for file in one.files}),
        kept=kept,
    )


def carry_out(layout: Layout, going: LettingGo, *, listen: Listener) -> None:
    """Remove it all; if interrupted, the rest is complete, and the next run continues."""
    remember(layout, going.files)
    _remove_snapshots(layout, {one.identity for one in going.snapshots}, listen)
    _remove_files(layout, going.files, listen)
    staying = all_snapshots(layout)
    _remove_indexes(layout, staying)
    _remove_sets(layout, staying)
    # The next publication makes those again that it needs.
    layout.files.remove_tree(layout.chunks)


def _remove_sets(layout: Layout, snapshots: Sequence[Snapshot]) -> None:
    """Remove the documents that no snapshot names, and the proofs that no other document names."""
    lines = {line.document: line for one in snapshots for line in recorded_sets(one) or ()}
    forget_sets(layout, lines.keys())
    sets = (read_set(layout, line) for line in lines.values())
    forget_proofs(layout, {proof for one in sets if one for proof in one.proving.proofs})


def _unnamed(
    layout: Layout, named: set[str], known: Mapping[str, PoolFile]
) -> tuple[PoolFile, ...]:
    """The files of the pool that are not `named`.

    They include foreign files and leftovers of interrupted runs, of which only the size is known.
    """
    paths = (f"pool/{path}" for path in layout.files.regular_files(layout.pool))
    return tuple(
        known.get(path)
        or PoolFile(path=path, size=(layout.root / path).stat().st_size, sha256=Digest(""))
        for path in paths
        if path not in named
    )


def _remove_snapshots(layout: Layout, identities: Iterable[str], listen: Listener) -> None:
    doomed = sorted(identities)
    layout.files.make(layout.going)
    with step(listen, "removing snapshots", total=len(doomed), unit="snapshots") as advance:
        for identity in doomed:
            layout.files.rename(layout.snapshot(identity), layout.going / identity)
            advance(1)
        layout.files.sync([layout.snapshots, layout.going])
    layout.files.remove_tree(layout.going)


def _remove_files(layout: Layout, files: Sequence[PoolFile], listen: Listener) -> None:
    with step(listen, "removing packages", total=len(files), unit="files") as advance:
        for file in files:
            path = layout.root / file.path
            layout.files.unlink(path)
            layout.files.remove_empty(path.parent, below=layout.pool)
            advance(1)


def _remove_indexes(layout: Layout, snapshots: Sequence[Snapshot]) -> None:
    """Remove the by-hash files whose digest no snapshot of the suite has in its Release file."""
    for suite in sorted({one.suite for one in snapshots}):
        of_suite = [one for one in snapshots if one.suite == suite]
        signed = {found.sha256 for one in of_suite for found in one.sums.values()}
        for one in of_suite:
            _remove_unsigned(layout, one.directory, signed)


def _remove_unsigned(layout: Layout, directory: Path, signed: set[Digest]) -> None:
    for file in layout.files.regular_files(directory):
        if str(file.parent).endswith(BY_HASH) and file.name not in signed:
            layout.files.unlink(directory / file)
