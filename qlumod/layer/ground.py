"""The result of a module's installation, from which a payload is made."""

from dataclasses import dataclass, field

from qlumod.stack.assemble import Merged
from qlumod.system.disk.within import Root


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The trees to harvest: `tree` is the module's addition, `root` all that a node would see.

    `view` is the root before the installation (None: there was none), `state` are the merged files
    of shared state there, `kernel` is the kernel release of the modules below.
    """

    tree: Root
    root: Root
    view: Root | None = None
    state: Merged = field(default_factory=dict)
    kernel: str = ""
