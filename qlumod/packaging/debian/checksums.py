"""Checksums made by dpkg itself: for a package without md5sums it lists the unpacked files."""

from collections.abc import Mapping

from qlumod.state.kind import Files, matches_any

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
