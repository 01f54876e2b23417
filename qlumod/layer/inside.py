"""The part of a build that runs in namespaces: install the packages, harvest what they left."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from qlumod.events import Listener, step
from qlumod.layer import install
from qlumod.layer.harvest import Ground, harvest
from qlumod.layer.inputs import read_inputs
from qlumod.layer.job import Job
from qlumod.layer.kernel import kernel_of
from qlumod.model.names import ModuleName
from qlumod.stack.assemble import assemble
from qlumod.stack.order import stacked
from qlumod.stack.payload import Payload
from qlumod.stack.settle import settle
from qlumod.system.archive import POOL, FrozenArchive
from qlumod.system.memory import scratch_space
from qlumod.system.mount import all_squashfs, overlay
from qlumod.system.tree import scan
from qlumod.system.within import Root


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """Where a build takes place: its documents, its frozen archive, and where things go."""

    job: Job
    archive: FrozenArchive
    space: Path
    output: Path
    processors: int | None
    listen: Listener

    @property
    def debs(self) -> Path:
        """Where the .debs lie."""
        return self.archive.directory / POOL


def build(
    *,
    listen: Listener,
    inputs: str,
    module: str,
    archive: Mapping[str, str],
    below: Sequence[str],
    scratch: str,
    output: str,
    processors: int | None,
) -> None:
    """Build one module into the payload directory `output`; see `qlumod.layer.build`."""
    members = stacked(Payload(directory=Path(payload)) for payload in below)
    with scratch_space(Path(scratch), processors=processors) as space:
        site = _Site(
            job=read_inputs(Path(inputs), ModuleName(module)),
            archive=FrozenArchive.from_document(archive),
            space=space,
            output=Path(output),
            processors=processors,
            listen=listen,
        )
        if members:
            _build_over(site, members)
        else:
            _build_ground(site)


def _build_ground(site: _Site) -> None:
    """A module that requires nothing is a root of its own, made by mmdebstrap."""
    with step(site.listen, f"installing {len(site.job.packages)} packages"):
        root = install.ground(
            site.job, site.space / "root", archive=site.archive, listen=site.listen
        )
    _harvest(site, Ground(tree=root, root=root, debs=site.debs))


def _build_over(site: _Site, members: Sequence[Payload]) -> None:
    """A module is what apt changes in the stack of the modules that it requires."""
    with ExitStack() as mounts:
        images = [member.layer for member in members]
        layers = mounts.enter_context(all_squashfs(images, site.space / "layers"))
        base, view, upper = _directories(site.space, "base", "view", "upper")
        epoch = site.job.epoch
        with _stacked_root(layers, site.space, upper=base, name="below") as root:
            below = assemble(root, members, epoch=epoch, listen=site.listen)
        settle(Root(base), scan(base, digests=False).values(), epoch)
        mounts.enter_context(overlay([*layers, base], view))
        with _stacked_root([*layers, base], site.space, upper=upper, name="root") as root:
            with step(site.listen, f"installing {len(site.job.packages)} packages"):
                install.over(
                    site.job,
                    root,
                    {pair for member in members for pair in member.left_out},
                    below=Root(view),
                    archive=site.archive,
                    listen=site.listen,
                )
            kernel = kernel_of(members)
            _harvest(
                site,
                Ground(
                    tree=Root(upper),
                    root=root,
                    debs=site.debs,
                    view=Root(view),
                    state=below.merged,
                    kernel=kernel,
                ),
            )


def _harvest(site: _Site, ground: Ground) -> None:
    harvest(
        site.job,
        ground,
        site.output,
        scratch=site.space,
        processors=site.processors,
        listen=site.listen,
    )


@contextmanager
def _stacked_root(lower: Sequence[Path], space: Path, *, upper: Path, name: str) -> Iterator[Root]:
    root, work = _directories(space, name, f"{name}.work")
    with overlay(lower, root, upper=upper, work=work):
        yield Root(root)


def _directories(space: Path, *names: str) -> tuple[Path, ...]:
    places = tuple(space / name for name in names)
    for place in places:
        place.mkdir(exist_ok=True)
    return places
