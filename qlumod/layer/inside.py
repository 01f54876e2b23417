"""The part of a build that runs in namespaces: install the packages, harvest what they left."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from qlumod.events import Listener, step
from qlumod.layer import install
from qlumod.layer.harvest import Ground, harvest
from qlumod.layer.inputs import read_inputs
from qlumod.layer.job import Job
from qlumod.layer.kernel import kernel_of
from qlumod.model.names import ModuleName
from qlumod.stack.assemble import assemble
from qlumod.stack.member import Member, read_member, stacked
from qlumod.stack.settle import settle
from qlumod.system.memory import scratch_space
from qlumod.system.mount import all_squashfs, overlay
from qlumod.system.tree import scan


def build(
    *,
    listen: Listener,
    inputs: str,
    module: str,
    source: str,
    archive: str,
    below: Sequence[str],
    scratch: str,
    output: str,
) -> None:
    """Build one module into the payload directory `output`; see `qlumod.layer.build`."""
    job = read_inputs(Path(inputs), ModuleName(module))
    members = stacked([read_member(Path(payload)) for payload in below])
    with scratch_space(Path(scratch)) as space:
        if members:
            _build_over(job, members, Path(archive), source, space, Path(output), listen)
        else:
            _build_ground(job, Path(inputs), source, space, Path(output), listen)


def _build_ground(
    job: Job, inputs: Path, source: str, space: Path, output: Path, listen: Listener
) -> None:
    """A module that requires nothing is a root of its own, made by mmdebstrap."""
    root = space / "root"
    with step(listen, f"installing {len(job.packages)} packages"):
        install.ground(
            job, root, inputs=inputs, source=source, scratch=space, listen=listen
        )
    harvest(job, Ground(tree=root, root=root), output, scratch=space, listen=listen)


def _build_over(
    job: Job,
    members: Sequence[Member],
    archive: Path,
    source: str,
    space: Path,
    output: Path,
    listen: Listener,
) -> None:
    """A module is what apt changes in the stack of the modules that it requires."""
    with ExitStack() as mounts:
        layers = mounts.enter_context(all_squashfs([m.layer for m in members], space / "layers"))
        base, view, upper, root = _directories(space, "base", "view", "upper", "root")
        with _stacked_root(layers, space, upper=base, name="assembling") as assembling:
            state = assemble(assembling, members, epoch=job.lock.epoch, listen=listen)
        settle(base, scan(base, digests=False).values(), job.lock.epoch)
        mounts.enter_context(overlay([*layers, base], view))
        with _stacked_root([*layers, base], space, upper=upper, name="root"):
            with step(listen, f"installing {len(job.packages)} packages"):
                install.over(job, root, archive=archive, source=source, listen=listen)
            ground = Ground(
                tree=upper,
                root=root,
                view=view,
                state=state,
                kernel=kernel_of(members),
            )
            harvest(job, ground, output, scratch=space, listen=listen)


@contextmanager
def _stacked_root(
    lower: Sequence[Path], space: Path, *, upper: Path, name: str
) -> Iterator[Path]:
    root, work = _directories(space, name, f"{name}.work")
    with overlay(lower, root, upper=upper, work=work):
        yield root


def _directories(space: Path, *names: str) -> tuple[Path, ...]:
    places = tuple(space / name for name in names)
    for place in places:
        place.mkdir(exist_ok=True)
    return places
