"""The record of a snapshot's module sets: a line per set with the digest of its document.

Thus a publication reads, checks and writes only the documents of sets that it changes.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qlumod.errors import QlumodError
from qlumod.model.digests import digest_bytes
from qlumod.model.document import decoded
from qlumod.model.held import Held, SetKey
from qlumod.model.lines import lines_of
from qlumod.model.names import (
    ArchName,
    Digest,
    FlavorName,
    ReleaseVersion,
    arch_name,
    digest,
    flavor_name,
)
from qlumod.model.numbers import number
from qlumod.repository.format.layout import Layout
from qlumod.repository.format.snapshots import Snapshot
from qlumod.repository.sets.module_sets import Member, ModuleSet, Proving
from qlumod.system.disk.documents import MOST_RECORDS

MODULES = "modules"
"""The name of the file, in the directory of Release."""
_OTHERWISE = (
    QlumodError, LookupError, TypeError, ValueError, AttributeError, RecursionError,
)  # fmt: skip
"""Exceptions of json, and of values that `set_document` does not write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLine:
    """The line of a set: the digest of its document, the numbers of pairs and unproved pairs."""

    release: ReleaseVersion
    flavor: FlavorName
    architecture: ArchName
    document: Digest
    pairs: int
    unproved: int

    @property
    def key(self) -> SetKey:
        """Release, flavor and architecture of all members."""
        return self.release, self.flavor, self.architecture

    @property
    def tally(self) -> str:
        """The number of proved pairs of the set, as text."""
        return (
            f"{self.pairs - self.unproved} of {self.pairs} pairs of modules are proved of"
            f" {self.release} ({self.flavor}, {self.architecture})"
        )

    def __str__(self) -> str:
        key = f"{self.release} {self.flavor} {self.architecture}"
        return f"{key} {self.document} {self.pairs} {self.unproved}"


def line_of(one: ModuleSet) -> SetLine:
    """The line of a set."""
    return SetLine(
        release=one.release,
        flavor=one.flavor,
        architecture=one.architecture,
        document=digest_bytes(set_document(one)),
        pairs=one.proving.pairs,
        unproved=one.proving.unproved,
    )


def lines_text(lines: Iterable[SetLine]) -> str:
    """The text of the file in a snapshot."""
    return "".join(f"{one}\n" for one in sorted(lines, key=lambda one: one.key))


def read_lines(data: bytes, path: str) -> tuple[SetLine, ...]:
    """Read what `lines_text` wrote; raises `QlumodError`."""
    lines = lines_of(decoded(data, path))
    return tuple(_line(line, f"{path}:{place}") for place, line in enumerate(lines, 1))


def recorded_sets(snapshot: Snapshot) -> tuple[SetLine, ...] | None:
    """The set lines of a snapshot; None: the snapshot is older than this file format."""
    if MODULES not in snapshot.sums:
        return None
    return read_lines(snapshot.checked(MODULES), str(snapshot.directory / MODULES))


def set_document(one: ModuleSet) -> bytes:
    """A set as JSON; equal sets give equal bytes."""
    proving = one.proving
    values = {
        "release": str(one.release),
        "flavor": one.flavor,
        "architecture": one.architecture,
        "members": [
            {
                "module": member.module,
                "version": member.version,
                "deb": member.deb,
                "payload": member.held.payload,
                "requires": member.held.requires,
                "conflicts": member.held.conflicts,
                "packages": member.held.packages,
                "sources": member.held.sources,
            }
            for member in one.members
        ],
        "pairs": proving.pairs,
        "unproved": proving.unproved,
        "lacking": proving.lacking,
        "proofs": proving.proofs,
    }
    return json.dumps(values, sort_keys=True).encode()


def keep_set(layout: Layout, one: ModuleSet) -> Path:
    """Write the document of a set under its digest, without a sync; returns the path."""
    data = set_document(one)
    file = layout.sets / digest_bytes(data)
    if not layout.files.is_file(file) or layout.files.read(file, most=MOST_RECORDS) != data:
        layout.files.make(layout.sets)
        layout.files.write_whole(file, data, sync=False)
    return file


def read_set(layout: Layout, line: SetLine) -> ModuleSet | None:
    """The set of a line; None: its document is missing, damaged, or of an older version."""
    file = layout.sets / line.document
    data = layout.files.read(file, most=MOST_RECORDS) if layout.files.is_file(file) else b""
    if digest_bytes(data) != line.document:
        return None
    try:
        return _set(json.loads(data))
    except _OTHERWISE:
        # An older version of qlumod wrote fewer fields.
        return None


def forget_sets(layout: Layout, named: Collection[Digest]) -> None:
    """Remove the documents that no snapshot names."""
    for name in layout.files.names(layout.sets):
        if name not in named and not name.startswith("."):
            layout.files.unlink(layout.sets / name)


def _line(text: str, where: str) -> SetLine:
    try:
        release, flavor, architecture, document, pairs, unproved = text.split(" ")
        return SetLine(
            release=ReleaseVersion.parse(release),
            flavor=flavor_name(flavor),
            architecture=arch_name(architecture),
            document=digest(document),
            pairs=number(pairs),
            unproved=number(unproved),
        )
    except (QlumodError, ValueError) as fault:
        raise QlumodError(f"{where}: {text!r} is no set of modules: it has six words") from fault


def _set(values: Mapping[str, Any]) -> ModuleSet:
    """Parse the document of a set, whose digest was checked."""
    release = ReleaseVersion.parse(values["release"])
    flavor, architecture = values["flavor"], values["architecture"]
    return ModuleSet(
        release=release,
        flavor=flavor,
        architecture=architecture,
        members=tuple(
            Member(
                version=row["version"],
                deb=row["deb"],
                held=Held(
                    module=row["module"],
                    release=release,
                    flavor=flavor,
                    architecture=architecture,
                    requires=tuple(row["requires"]),
                    conflicts=tuple(row["conflicts"]),
                    payload=row["payload"],
                    packages=row["packages"],
                    sources=tuple(map(tuple, row["sources"])),
                ),
            )
            for row in values["members"]
        ),
        proving=Proving(
            pairs=values["pairs"],
            unproved=values["unproved"],
            lacking=tuple(map(tuple, values["lacking"])),
            proofs=tuple(values["proofs"]),
        ),
    )
