"""Checksums that dpkg made itself: for a package without md5sums it lists what it unpacked."""

from collections.abc import Mapping

from qlumod.state.kind import Files, matches_any

PATTERN = "/var/lib/dpkg/info/*.md5sums"


class Checksums:
    """The lines of the packages' lists of checksums, each an entry of its own."""

    name = "checksums"

    def claims(self, path: str, target: str = "") -> bool:
        """Whether it is such a list."""
        return not target and matches_any(path, (PATTERN,))

    def canonical(self, files: Files) -> Mapping[str, bytes]:
        """As they are; each line is compared."""
        return {path: file.data for path, file in files.items() if self.claims(path)}


CHECKSUMS = Checksums()
