"""The result of a module's installation, from which a payload is made."""

from collections.abc import Collection
from dataclasses import dataclass, field

from qlumod.model.names import PackageName
from qlumod.stack.assemble import Merged
from qlumod.system.disk.within import Root

LeftOut = Collection[tuple[PackageName, str]]
"""The paths that modules below left out: packages and canonical paths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The trees to harvest: `tree` is the module's addition, `root` all that a node would see.

    `view` is the root before the installation (None: there was none), `state` are the merged files
    of shared state there, `kernel` is the kernel release of the modules below, and `left_out` what
    they left out.
    """

    tree: Root
    root: Root
    view: Root | None = None
    state: Merged = field(default_factory=dict)
    kernel: str = ""
    left_out: LeftOut = ()
