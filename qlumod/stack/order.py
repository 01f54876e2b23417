"""The order of a stack's layers, and what each stands upon; pure."""

from collections.abc import Iterable, Mapping, Sequence

from qlumod.errors import QlumodError
from qlumod.model.names import ModuleName
from qlumod.stack.payload import Payload


def stacked(members: Iterable[Payload]) -> tuple[Payload, ...]:
    """Sort members so that each stands above all that it requires, else by name.

    Raises `QlumodError` where a required module is not among them.
    """
    left = {member.module: member for member in sorted(members, key=lambda m: m.module)}
    order: list[Payload] = []
    placed: set[ModuleName] = set()
    while left:
        ready = next((m for m in left.values() if placed.issuperset(m.manifest.requires)), None)
        if ready is None:
            raise _gap(left, placed)
        order.append(left.pop(ready.module))
        placed.add(ready.module)
    return tuple(order)


def _gap(left: Mapping[ModuleName, Payload], placed: set[ModuleName]) -> QlumodError:
    for member in left.values():
        for required in member.manifest.requires:
            if required not in left and required not in placed:
                return QlumodError(
                    f"module {member.module} requires module {required}, "
                    "which is not part of the stack",
                    remedy=f"add {required}",
                )
    return QlumodError(f"modules require each other in a circle: {', '.join(left)}")


def below(member: Payload, members: Sequence[Payload]) -> frozenset[ModuleName]:
    """All modules that a member stands upon, directly or not."""
    requires = {other.module: other.manifest.requires for other in members}
    found: set[ModuleName] = set()
    pending = list(member.manifest.requires)
    while pending:
        module = pending.pop()
        if module not in found:
            found.add(module)
            pending += requires[module]
    return frozenset(found)
