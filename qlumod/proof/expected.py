"""The expected differences between a stack and one installation, from release, specs, payloads."""

from collections.abc import Collection, Iterable, Iterator

from qlumod.model.manifest import INITRD, KERNEL
from qlumod.model.project import Project
from qlumod.packaging.choice import packaging_named
from qlumod.packaging.initrd import InitrdMaker, path_of
from qlumod.proof.permitted import Expectations, for_boot_loaders
from qlumod.proof.reference import Installation
from qlumod.stack.kernel import kernel_of_stack
from qlumod.stack.payload import Payload
from qlumod.state.account_seed import day_of
from qlumod.state.kind import canonical_path


def expectations(
    project: Project, installation: Installation, payloads: Collection[Payload]
) -> Expectations:
    """The differences of the stack that release, specs and payloads declare."""
    release, specs = project.release, installation.specs
    packaging, kernel = packaging_named(installation.packaging), kernel_of_stack(payloads)
    beside = dict(pair for payload in payloads for pair in _beside(payload, packaging.initrd))
    # Files beside core's layer, or for boot loaders: no pattern excludes them.
    outside = {*beside, *for_boot_loaders(kernel, packaging.permits)}
    recorded = {path for payload in payloads for _, path in payload.left_out}
    back = {path for payload in payloads for path in _brought_back(payload, recorded)}
    return Expectations(
        left_out=frozenset(recorded - back - outside),
        excludes=(*release.excludes, *installation.lines("exclude")),
        includes=(*release.includes, *installation.lines("include")),
        secrets=tuple(canonical_path(s.path) for spec in specs for s in spec.secrets),
        kernel=kernel,
        beside=beside,
        accounts=project.accounts.made_by(
            (package.package for package in installation.packages), installation.lock.flavor
        ),
        days=dict(_days(project, installation)),
        restored=frozenset(recorded & back),
    )


def _days(project: Project, installation: Installation) -> Iterator[tuple[str, tuple[str, str]]]:
    """The password days of users that modules add: of the installation, and of the module."""
    lock = installation.lock
    for module in installation.modules:
        made = project.accounts.made_by((p.package for p in lock.of(module)), lock.flavor)
        for user in made.users:
            yield user.name, (day_of(installation.epoch), day_of(lock.epoch_of(module)))


def _brought_back(payload: Payload, recorded: Collection[str]) -> Iterator[str]:
    """The paths in a module's layer that only other modules have left out."""
    own = {path for _, path in payload.left_out}
    for line in payload.contents:
        if line.path in recorded and line.path not in own:
            yield line.path


def _beside(payload: Payload, maker: InitrdMaker) -> Iterable[tuple[str, str]]:
    """The files beside a layer: their paths in an installation, and their digests."""
    for name, path in ((KERNEL, maker.kernels), (INITRD, maker.initrds)):
        if file := payload.manifest.file(name):
            yield path_of(path, payload.manifest.kernel), file.sha256
