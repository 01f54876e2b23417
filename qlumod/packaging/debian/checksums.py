"""Checksums made by dpkg itself: for a package without md5sums it lists the unpacked files."""

import os
from collections.abc import Mapping
from pathlib import PurePosixPath

from qlumod.model.lines import lines_of
from qlumod.state.kind import Files, canonical_path, matches_any

PATTERN = "/var/lib/dpkg/info/*.md5sums"


class Checksums:
    """The lines of the packages' lists of checksums, each an entry of its own."""

    name = "checksums"

    def claims(self, path: str, target: str = "") -> bool:
        """Whether a path is such a list."""
        return not target and matches_any(path, (PATTERN,))

    def canonical(self, files: Files) -> Mapping[str, bytes]:
        """The files unchanged; each line is compared."""
        return {path: file.data for path, file in files.items() if self.claims(path)}


CHECKSUMS = Checksums()


def shipped_paths(data: Mapping[str, bytes]) -> frozenset[str]:
    """The canonical paths in all lists of checksums, and their directories."""
    files = {
        canonical_path(f"/{line.partition('  ')[2]}")
        for path, text in data.items()
        if CHECKSUMS.claims(path)
        for line in lines_of(os.fsdecode(text))
    }
    directories = map(PurePosixPath, {path.rpartition("/")[0] for path in files})
    parents = {str(parent) for one in directories for parent in (one, *one.parents)}
    return frozenset(files | parents)
