"""The archives of the private root, and the selection that a module sees."""

from collections.abc import Iterable, Sequence

import apt_pkg

from qlumod.packaging.debian.solving.solver_order import SourceEntry
from qlumod.packaging.solving.solution import Chosen


class SeenArchives:
    """The archives of the root, and the selection that a module sees."""

    def __init__(self, given: Sequence[SourceEntry], shared: Iterable[str]) -> None:
        self._given = given
        self._shared = frozenset(shared)
        self.files = tuple(
            (source.archive, suite, apt_pkg.uri_to_filename(base))
            for source in given
            for suite, base in source.suites
        )
        """Archive, suite, and the prefix of their files' names in the root's lists."""
        self._indexes = tuple(
            (source.archive, apt_pkg.uri_to_filename(f"{base}{component}"))
            for source in given
            for _, base in source.suites
            for component in [f"{name}/" for name in source.components] or [""]
        )
        """Archive, and the prefix of its indexes' names: two archives may share a suite."""

    def seen_with(self, archives: Sequence[str]) -> str:
        """The text of a list of sources: the archives of all modules, and some others."""
        return "\n".join(
            source.stanza
            for source in self._given
            if _name(source.archive) in {*self._shared, *archives}
        )

    @property
    def on_request(self) -> tuple[str, ...]:
        """The names of the archives that not all modules use."""
        names = (_name(source.archive) for source in self._given)
        return tuple(name for name in names if name not in self._shared)

    def first(self, archives: Sequence[str]) -> tuple[str, ...]:
        """The prefixes of the names of some archives' indexes."""
        return tuple(start for archive, start in self._indexes if _name(archive) in archives)

    def archive_of(self, chosen: Chosen) -> str:
        """The archive from which a version comes."""
        found = (archive for archive, start in self._indexes if chosen.index.startswith(start))
        return str(next(found))


def _name(archive: str) -> str:
    """The name of an archive of held packages contains that of their original archive."""
    return archive.rpartition(":")[2]
