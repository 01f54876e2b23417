"""Modules that meet in a stack only: neither was built with the other in sight."""

from collections.abc import Sequence

from qlumod.stack.order import below
from qlumod.stack.payload import Payload
from qlumod.state.clashes import Layer


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
