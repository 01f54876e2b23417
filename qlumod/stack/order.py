"""The order of a stack's layers, and the modules that each requires; pure."""

from collections.abc import Iterable, Sequence

from qlumod.errors import QlumodError
from qlumod.model.names import ModuleName
from qlumod.model.stacks import gaps, in_order, stack_of
from qlumod.stack.payload import Payload


def stacked(members: Iterable[Payload]) -> tuple[Payload, ...]:
    """Sort members so that each is above all that it requires, otherwise by name.

    Raises `QlumodError` if a required module is missing.
    """
    found = sorted(members, key=lambda member: member.module)
    for member, required in gaps(found):
        raise QlumodError(
            f"module {member.module} requires module {required}, which is not part of the stack",
            remedy=f"add {required}",
        )
    return in_order(found)


def below(member: Payload, members: Sequence[Payload]) -> frozenset[ModuleName]:
    """All modules that a member requires, directly or not."""
    return stack_of(member.module, {other.module: other for other in members}) - {member.module}
