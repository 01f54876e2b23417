"""The part of a build that runs in namespaces: it installs the packages and makes the payload."""

from qlumod.events import Listener, step
from qlumod.layer import install
from qlumod.layer.ground import Ground
from qlumod.layer.harvest import harvest
from qlumod.layer.task import Document, Task, taken_up
from qlumod.stack.assemble import assemble
from qlumod.stack.kernel import kernel_of_stack
from qlumod.stack.mounted import writable
from qlumod.stack.settle import settle
from qlumod.system.disk.mount import all_squashfs, overlay
from qlumod.system.disk.tree_scan import scan
from qlumod.system.disk.within import Root


def build_layer_inside(*, listen: Listener, task: Document) -> None:
    """Build one module into the payload directory of the task; see `qlumod.layer.payload_build`."""
    with taken_up(task, listen) as taken:
        if taken.below:
            _build_over(taken)
        else:
            _build_ground(taken)


def _build_ground(task: Task) -> None:
    """Build a module without requirements: it is a root of its own."""
    with step(
        task.listen, f"installing {len(task.job.packages)} packages", id="installing-packages"
    ):
        root = install.ground(task)
    harvest(task, Ground(tree=root, root=root))


def _build_over(task: Task) -> None:
    """Build a module as the changes that its installation makes to the stack below."""
    members, epoch = task.below, task.job.epoch
    with all_squashfs([member.layer for member in members], task.space / "layers") as layers:
        with writable(layers, task.space / "below") as below:
            assembled = assemble(
                below.root, members, packaging=task.packaging, epoch=epoch, listen=task.listen
            )
        settle(Root(below.upper), scan(below.upper, digests=False).values(), epoch)
        view = task.space / "view"
        view.mkdir()
        with overlay(below.all, view), writable(below.all, task.space / "above") as stack:
            with step(
                task.listen,
                f"installing {len(task.job.packages)} packages",
                id="installing-packages",
            ):
                left_out = {pair for member in members for pair in member.left_out}
                tree = Root(stack.upper)
                install.over(task, stack.root, left_out, tree=tree, view=Root(view))
            harvest(
                task,
                Ground(
                    tree=tree,
                    root=stack.root,
                    view=Root(view),
                    state=assembled.merged,
                    kernel=kernel_of_stack(members),
                    left_out=left_out,
                ),
            )
