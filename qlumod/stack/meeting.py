"""Modules that meet in a stack only: neither was built with the other in sight."""

from collections.abc import Iterable, Sequence, Set

from qlumod.events import Listener
from qlumod.stack.order import below
from qlumod.stack.payload import Payload
from qlumod.state.clashes import Layer
from qlumod.state.diverted import Diversion
from qlumod.state.kinds import DROPPED
from qlumod.state.triggers import Activation
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.enclosure import Enclosure


def meeting_layers(members: Sequence[Payload]) -> tuple[Layer, ...]:
    """What there is to compare, lowest first; nothing where all stand upon each other.

    Where they do, each build has seen to all that is below it, and nothing need be read.
    """
    if all(_stands_upon_all(members, at) for at in range(len(members))):
        return ()
    return tuple(
        Layer(
            module=member.module,
            lines=member.contents,
            wins=member.manifest.wins,
            stands_upon=below(member, members),
        )
        for member in members
    )


def _stands_upon_all(members: Sequence[Payload], at: int) -> bool:
    return below(members[at], members).issuperset(member.module for member in members[:at])


def divert(root: Root, diversions: Iterable[Diversion]) -> None:
    """Give files the names under which dpkg would have unpacked them."""
    for diversion in diversions:
        if root.has(diversion.other):
            # The same package is in a module that knows the diversion.
            root.remove(diversion.path)
        else:
            root.rename(diversion.path, diversion.other)


def activate(
    place: Enclosure, root: Root, unheard: Set[Activation], *, epoch: int, listen: Listener
) -> None:
    """Let packages see what other modules brought for them, as dpkg would have done."""
    for trigger, package in sorted(unheard):
        words = ("dpkg-trigger", "--no-await", f"--by-package={package}", trigger)
        place.run(*words, epoch=epoch, listen=listen)
    place.run("dpkg", "--triggers-only", "--pending", epoch=epoch, listen=listen)
    _tidy(root)


def _tidy(root: Root) -> None:
    """Take away what dpkg leaves behind whenever it runs."""
    for rule in DROPPED:
        for pattern in rule.patterns:
            if not pattern.startswith("**/"):
                for path in root.matching(pattern):
                    if root.is_link(path) or not root.is_directory(path):
                        root.remove(path)
