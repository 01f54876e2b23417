"""The order of a stack's layers, and what each stands upon; pure."""

from collections.abc import Iterable, Sequence

from qlumod.errors import QlumodError
from qlumod.model.names import ModuleName
from qlumod.model.stacks import gaps, in_order, stack_of
from qlumod.stack.payload import Payload


def stacked(members: Iterable[Payload]) -> tuple[Payload, ...]:
    """Sort members so that each stands above all that it requires, else by name.

    Raises `QlumodError` where a required module is not among them.
    """
    found = sorted(members, key=lambda member: member.module)
    for member, required in gaps(found):
        raise QlumodError(
            f"module {member.module} requires module {required}, which is not part of the stack",
            remedy=f"add {required}",
        )
    return in_order(found)


def below(member: Payload, members: Sequence[Payload]) -> frozenset[ModuleName]:
    """All modules that a member stands upon, directly or not."""
    return stack_of(member.module, {other.module: other for other in members}) - {member.module}
