"""Checking a whole repository: every digest, every reference, every signature."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener, step
from qlumod.model.names import Digest
from qlumod.repository.format.index_entries import IndexEntry, PoolFile
from qlumod.repository.format.layout import Layout
from qlumod.repository.format.settings import Settings
from qlumod.repository.format.snapshots import Snapshot, all_snapshots
from qlumod.repository.publishing.snapshot_staging import BY_HASH
from qlumod.repository.sets.proofs import is_whole, proof_file
from qlumod.repository.sets.set_documents import SetLine, read_set, recorded_sets
from qlumod.system.disk.documents import MOST, read_small
from qlumod.system.disk.regular_files import Sum, file_sum
from qlumod.system.disk.unpacking import unpacked_sum
from qlumod.system.keys.gpg import all_fingerprints, fingerprints, verify
from qlumod.system.keys.strength import require_strong, weaknesses

RELEASE = "Release"
IN_RELEASE = "InRelease"
SIGNATURE = "Release.gpg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The results of a check: `faults` harm clients, `cautions` do not."""

    suites: tuple[str, ...]
    snapshots: int
    files: int
    faults: tuple[str, ...]
    cautions: tuple[str, ...]


@dataclass(kw_only=True)
class _Looking:
    faults: list[str] = field(default_factory=list)
    cautions: list[str] = field(default_factory=list)
    named: dict[str, PoolFile] = field(default_factory=dict)
    sets: set[Digest] = field(default_factory=set)
    """The documents of module sets that were checked: many snapshots may name the same one."""
    seen: set[tuple[int, int]] = field(default_factory=set)
    """The inodes of by-hash files that were checked: many snapshots may share a file."""

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Record an error that the block raises as a fault, and continue."""
        try:
            yield
        except QlumodError as fault:
            self.faults.append(fault.brief)


def examine(layout: Layout, settings: Settings, *, listen: Listener) -> Findings:
    """Read the whole repository, and record all faults."""
    looking = _Looking()
    suites = _suites(layout, looking)
    with looking.noting():
        _keyring(layout, settings, looking)
    snapshots = _snapshots(layout, looking)
    published = layout.root / settings.keyring
    former = layout.keys if layout.keys.is_file() else published
    with step(listen, "checking snapshots", total=len(snapshots), unit="snapshots") as advance:
        for snapshot in snapshots:
            # Clients of a suite have the present keys; a snapshot may be signed by earlier keys.
            is_current = layout.current(snapshot.suite) == snapshot.identity
            _snapshot(published if is_current else former, snapshot, looking)
            with looking.noting():
                _sets(layout, snapshot, looking, tell=is_current)
            advance(1)
    total = sum(file.size for file in looking.named.values())
    with step(listen, "checking the pool", total=total, unit="bytes") as advance:
        _pool(layout, looking, advance)
    _leftovers(layout, looking)
    return Findings(
        suites=suites,
        snapshots=len(snapshots),
        files=len(looking.named),
        faults=tuple(looking.faults),
        cautions=tuple(looking.cautions),
    )


def _suites(layout: Layout, looking: _Looking) -> tuple[str, ...]:
    names = layout.suite_names()
    for name in names:
        with looking.noting():
            identity = layout.current(name)
            if identity and not (layout.snapshot(identity) / "dists" / name).is_dir():
                looking.faults.append(f"{layout.link(name)} points at a snapshot that is not there")
    return names


def _keyring(layout: Layout, settings: Settings, looking: _Looking) -> None:
    keyring = layout.root / settings.keyring
    data = layout.files.read(keyring, most=MOST)
    held = fingerprints(keyring)
    looking.faults.extend(
        f"{keyring} does not hold the key {key}" for key in settings.keys if key not in held
    )
    weak = weaknesses(data)
    looking.cautions.extend(
        fault.brief for fault in require_strong(settings.keys, weak, str(keyring))
    )
    if settings.proving_keys:
        others = all_fingerprints(layout.files.read(layout.proving_keys, most=MOST))
        looking.faults.extend(
            f"{layout.proving_keys} does not hold the key {key}"
            for key in settings.proving_keys
            if key not in others
        )


def _snapshots(layout: Layout, looking: _Looking) -> tuple[Snapshot, ...]:
    with looking.noting():
        return all_snapshots(layout)
    return ()


def _snapshot(keyring: Path, snapshot: Snapshot, looking: _Looking) -> None:
    with looking.noting():
        _signatures(keyring, snapshot, looking)
    if snapshot.fields.get("Suite") != snapshot.directory.name:
        looking.faults.append(f"{snapshot.directory / RELEASE} is of another suite")
    for path in snapshot.stored_indexes():
        with looking.noting():
            _index(snapshot, path, looking)
    for file in sorted(snapshot.directory.glob(f"**/{BY_HASH}/*")):
        with looking.noting():
            _by_hash(file, looking)
    with looking.noting():
        for entry in snapshot.entries():
            _name_files(entry.files, looking)
            _foreign(entry, snapshot, looking)


def _sets(layout: Layout, snapshot: Snapshot, looking: _Looking, *, tell: bool) -> None:
    """Check that all documents of module sets exist; note the unproved pairs of a suite."""
    for line in recorded_sets(snapshot) or ():
        if line.document not in looking.sets:
            looking.sets.add(line.document)
            _set(layout, line, snapshot, looking)
        if tell and line.unproved:
            looking.cautions.append(f"{snapshot.suite}: {line.tally}")


def _set(layout: Layout, line: SetLine, snapshot: Snapshot, looking: _Looking) -> None:
    found = read_set(layout, line)
    if found is None:
        file = layout.sets / line.document
        looking.faults.append(f"{file} is not what {snapshot.identity} knows of its modules")
    for proof in found.proving.proofs if found else ():
        if not is_whole(layout, proof):
            file = proof_file(layout, proof)
            looking.faults.append(f"{file} is not the proof that {snapshot.identity} mentions")


def _signatures(keyring: Path, snapshot: Snapshot, looking: _Looking) -> None:
    release = snapshot.directory / RELEASE
    verify(release, keyring, signature=snapshot.directory / SIGNATURE)
    signed = verify(snapshot.directory / IN_RELEASE, keyring)
    if signed.text.strip() != read_small(release).strip():
        looking.faults.append(f"{snapshot.directory / IN_RELEASE} says something else than Release")


def _index(snapshot: Snapshot, path: str, looking: _Looking) -> None:
    file, said = snapshot.directory / path, snapshot.sums[path]
    if file_sum(file) != said:
        looking.faults.append(f"{file} is not the file that Release names")
        return
    if not (file.parent / BY_HASH / said.sha256).is_file():
        looking.faults.append(f"{file} is not there under its digest")
    plain = snapshot.sums.get(path.rpartition(".")[0])
    if plain is None or unpacked_sum(file, most=plain.size, kind="an index") != plain:
        looking.faults.append(f"{file} unpacks to something else than Release says")


def _by_hash(file: Path, looking: _Looking) -> None:
    inode = (file.stat().st_dev, file.stat().st_ino)
    if inode not in looking.seen and file_sum(file).sha256 != file.name:
        looking.faults.append(f"{file} has other bytes than its name says")
    looking.seen.add(inode)


def _name_files(files: tuple[PoolFile, ...], looking: _Looking) -> None:
    for file in files:
        if looking.named.setdefault(file.path, file) != file:
            looking.faults.append(f"{file.path} has two contents in two snapshots")


def _foreign(entry: IndexEntry, snapshot: Snapshot, looking: _Looking) -> None:
    """Note the fields of an entry that say something about its files and were never checked."""
    looking.faults.extend(
        f"{snapshot.identity}: {entry.title}: the field {name} of the index is the package's own:"
        " clients take it for the repository's"
        for name in entry.foreign
    )


def _pool(layout: Layout, looking: _Looking, advance: Callable[[int], None]) -> None:
    for path, file in sorted(looking.named.items()):
        if not (layout.root / path).is_file():
            looking.faults.append(f"{path} is published, but is not in the pool")
        elif file_sum(layout.root / path) != Sum(size=file.size, sha256=file.sha256):
            looking.faults.append(f"{path} has other bytes than were published")
        advance(file.size)


def _leftovers(layout: Layout, looking: _Looking) -> None:
    for path in layout.files.regular_files(layout.pool):
        if f"pool/{path}" not in looking.named:
            looking.cautions.append(f"pool/{path} belongs to no snapshot")
    if layout.staging.is_dir() and any(layout.staging.iterdir()):
        looking.cautions.append(
            "a publication is being made, or was interrupted; the next one removes what it left"
        )
