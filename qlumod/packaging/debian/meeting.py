"""Diversions and triggers between Debian packages whose modules were not built over each other."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from qlumod.events import Listener
from qlumod.packaging.debian.state.crossing import Crossing, crossings
from qlumod.packaging.debian.state.diverted import Diversion, told_by_name, unseen_diversions
from qlumod.packaging.debian.state.dpkg import DIVERSIONS
from qlumod.packaging.debian.state.dropped import DROPPED
from qlumod.packaging.debian.state.triggers import TRIGGERS, Activation
from qlumod.packaging.meeting import Program
from qlumod.state.clashes import Layer
from qlumod.state.kind import Fragments
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.enclosure import Enclosure


@dataclass(frozen=True, slots=True, kw_only=True)
class DebianMeeting:
    """The missed diversions and triggers between the packages of a stack's modules."""

    diversions: Sequence[Diversion]
    crossings: Sequence[Crossing]

    def move(self, root: Root) -> None:
        """Rename files to the names under which dpkg would have unpacked them."""
        for diversion in self.diversions:
            if root.has(diversion.other):
                # The same package is also in a module that was built with the diversion.
                root.remove(diversion.path)
            else:
                root.rename(diversion.path, diversion.other)

    @property
    def programs(self) -> Sequence[Program]:
        """The interested packages; without a path that matched, only the trigger is named."""
        return tuple(self._hearers())

    def tell(self, place: Enclosure, root: Root, *, epoch: int, listen: Listener) -> None:
        """Run the triggers of packages for other modules' files, as dpkg would have done."""
        for trigger, package in sorted(self._unheard):
            words = ("dpkg-trigger", "--no-await", f"--by-package={package}", trigger)
            place.run(*words, epoch=epoch, listen=listen)
        place.run("dpkg", "--triggers-only", "--pending", epoch=epoch, listen=listen)
        _tidy(root)

    @property
    def _unheard(self) -> frozenset[Activation]:
        crossed = {(one.trigger, one.package) for one in self.crossings}
        return told_by_name(self.diversions) | crossed

    def _hearers(self) -> Iterator[Program]:
        by_path = {(one.trigger, one.package): one for one in self.crossings}
        for trigger, package in sorted(self._unheard):
            what, one = f"{package}'s trigger {trigger}", by_path.get((trigger, package))
            if one:
                what = f"{what}, since {one.brought_by} brings something there"
            yield Program(what=what, module=one.module if one else None)


def met(layers: Sequence[Layer], fragments: Callable[[str], Fragments]) -> DebianMeeting:
    """The missed diversions and triggers of layers, lowest first; pure."""
    return DebianMeeting(
        diversions=unseen_diversions(layers, fragments(DIVERSIONS.name)),
        crossings=crossings(layers, fragments(TRIGGERS.name)),
    )


def _tidy(root: Root) -> None:
    """Remove the files that dpkg leaves after every run."""
    for rule in DROPPED:
        for pattern in rule.patterns:
            if not pattern.startswith("**/"):
                for path in root.matching(pattern):
                    if root.is_link(path) or not root.is_directory(path):
                        root.remove(path)
