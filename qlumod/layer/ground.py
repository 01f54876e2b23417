"""Where a module has been installed: what there is to make a payload of."""

from dataclasses import dataclass, field

from qlumod.stack.assemble import Merged
from qlumod.system.disk.within import Root


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where to harvest: `tree` is what the module adds, `root` the whole as a node would see it.

    `view` shows what was there before (None: nothing), `state` are the merged files of shared
    state there, `kernel` is the kernel release of the modules below.
    """

    tree: Root
    root: Root
    view: Root | None = None
    state: Merged = field(default_factory=dict)
    kernel: str = ""
