"""The one kernel of a stack: no module may be for another one; pure."""

from collections.abc import Iterator, Sequence

from qlumod.errors import QlumodError
from qlumod.model.manifest import KERNEL
from qlumod.stack.payload import Payload


def other_kernels(members: Sequence[Payload]) -> Iterator[QlumodError]:
    """An error for each module whose kernel modules are for another kernel than the stack's."""
    bringers = [member.manifest for member in members if member.manifest.file(KERNEL)]
    if not bringers:
        return
    core = bringers[0]
    for member in members:
        if member.manifest.kernel not in ("", core.kernel):
            yield QlumodError(
                f"module {member.module} is made for the kernel {member.manifest.kernel}, "
                f"{core.module} brings {core.kernel}",
                remedy=f"take a {member.module} that was built over this {core.module}",
            )
