"""The one kernel of a stack: its release, and whether a module is for it; pure."""

from collections.abc import Iterable, Iterator, Sequence

from qlumod.errors import QlumodError
from qlumod.model.manifest import KERNEL, Manifest
from qlumod.stack.payload import Payload


def fits(release: str, kernel: str) -> bool:
    """Whether kernel modules for a release ("": there are none) can be used with a kernel."""
    return release in ("", kernel)


def for_another_kernel(manifests: Iterable[Manifest], kernel: str) -> Iterator[Manifest]:
    """The manifests of modules that have kernel modules for another kernel."""
    return (manifest for manifest in manifests if not fits(manifest.kernel, kernel))


def kernel_of_stack(members: Iterable[Payload]) -> str:
    """The kernel release (uname -r) of the modules of a stack; "": they fit any kernel."""
    return next((member.manifest.kernel for member in members if member.manifest.kernel), "")


def other_kernels(members: Sequence[Payload]) -> Iterator[QlumodError]:
    """An error for each module whose kernel modules are for another kernel than the stack's."""
    manifests = [member.manifest for member in members]
    core = next((manifest for manifest in manifests if manifest.file(KERNEL)), None)
    if core is None:
        return
    for manifest in for_another_kernel(manifests, core.kernel):
        yield QlumodError(
            f"module {manifest.module} is made for the kernel {manifest.kernel}, "
            f"{core.module} brings {core.kernel}",
            remedy=f"take a {manifest.module} that was built over this {core.module}",
        )
