"""Modules that are together only in a stack: neither was built upon the other."""

from collections.abc import Sequence

from qlumod.stack.order import below
from qlumod.stack.payload import Payload
from qlumod.state.clashes import Layer


def meeting_layers(members: Sequence[Payload]) -> tuple[Layer, ...]:
    """The layers to compare, lowest first; none if each member requires all members below it.

    Then each build has already dealt with all paths below it, and no contents need be read.
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
