"""The archives of a release, open while packages are looked up and a lock is solved."""

from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from qlumod.events import Listener
from qlumod.lock.verbs.lock_place import LockPlace
from qlumod.model.release import Release
from qlumod.model.target import Target
from qlumod.packaging.archives import Archives
from qlumod.packaging.choice import packaging_named


@dataclass(slots=True, kw_only=True)
class OpenArchives:
    """The archives that were read last, until others are asked for."""

    place: LockPlace
    release: Release
    target: Target
    _stack: ExitStack
    _read: Archives | None = None
    _on_request: frozenset[str] = frozenset()

    def read(self, on_request: Collection[str], listen: Listener) -> Archives:
        """The archives of all modules and those `on_request` that can be reached.

        Their indexes are read again only if other archives are asked for than before. Raises all
        errors of the archives of all modules.
        """
        asked = frozenset(on_request)
        if self._read is None or asked != self._on_request:
            self.close()
            self._read, self._on_request = self._open(asked, listen), asked
        return self._read

    def close(self) -> None:
        """Let go of the archives; they are read again when they are asked for."""
        self._read = None
        self._stack.close()

    def _open(self, on_request: frozenset[str], listen: Listener) -> Archives:
        flavor = self.target.flavor
        packaging = packaging_named(self.release.packaging_of(flavor))
        held = packaging.archives(
            self.release,
            self.target,
            self.place.reach,
            needed=self.release.shared_archives(flavor),
            optional=on_request,
            listen=listen,
        )
        return self._stack.enter_context(held).read(on_request, listen)


@contextmanager
def open_archives(place: LockPlace, release: Release, target: Target) -> Iterator[OpenArchives]:
    """Archives for a run; no other run of this target reads them meanwhile."""
    with ExitStack() as stack:
        yield OpenArchives(place=place, release=release, target=target, _stack=stack)
