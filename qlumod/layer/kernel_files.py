"""The kernel of a layer: its release, and whether the layer's modules fit the stack's kernel."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener, Proposal
from qlumod.layer.ground import LeftOut
from qlumod.stack.kernel import fits
from qlumod.state.kernel_modules import is_kernel_module, kernel_module_name, kernels_of, lacking
from qlumod.state.kind import matched_by
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.enclosure import enclosed


def kernel_in(paths: Iterable[str], module: str, kernels: str, *, below: str) -> str:
    """The kernel release whose image is among the paths; empty if there is none.

    `kernels` is the path of images, as in `InitrdMaker.kernels`; `below` is the release of the
    kernel that the modules below are for, or empty.
    """
    found = sorted(filter(None, (matched_by(path, kernels) for path in paths)))
    if len(found) > 1:
        raise QlumodError(
            f"{module}: there are several kernels, {', '.join(found)}; a node boots only one",
            remedy="name one linux-image package in Packages",
        )
    if found and below not in ("", found[0]):
        raise QlumodError(
            f"{module}: it brings the kernel {found[0]}, and the modules below are for {below}; a "
            "node boots only one",
            remedy="name the linux-image package in Packages of core, in place of core's",
        )
    return found[0] if found else ""


def require_kernel(kernels: Mapping[str, str], kernel: str, module: str) -> None:
    """Raise if a layer has modules for another kernel than that of its stack.

    `kernels` are the releases for which it has modules, each with the path of one.
    """
    raise_faults(
        QlumodError(
            f"{module}: {path} is for the kernel {release}, "
            + (f"core brings {kernel}" if kernel else "and no module below brings a kernel"),
            remedy="take packages that are made for this kernel; kernel modules of dkms sources "
            "are compiled for it when these stand under Kernel-Modules",
        )
        for release, path in kernels.items()
        if not fits(release, kernel)
    )


def require_dependencies(
    root: Root, kernel: str, module: str, left_out: LeftOut, listen: Listener
) -> None:
    """Raise if a kernel module in a root needs another one that is missing.

    `left_out` are the paths that modules below left out; the error names those that are needed, and
    they are proposed for the field Restore.
    """
    place = f"/usr/lib/modules/{kernel}"
    paths = sorted(path for path in root.below(place) if is_kernel_module(path))
    builtin = root.text(f"{place}/modules.builtin").split()
    names = _told(root, "name", paths)
    needs = {
        path.removeprefix(f"{place}/"): line.split(",")
        for path, line in zip(paths, _told(root, "depends", paths), strict=True)
    }
    missing = lacking(needs, (*names, *builtin))
    if missing:
        needed = frozenset(chain.from_iterable(missing.values()))
        entries = _entries(needed, kernel, left_out)
        listen(Proposal(values=tuple(("Restore", entry) for entry in entries)))
        raise QlumodError(
            f"{module}: kernel modules need others that are left out",
            details=[f"{path} needs {', '.join(names)}" for path, names in missing.items()],
            remedy=_ways_out(entries),
        )


def _entries(names: Collection[str], kernel: str, left_out: LeftOut) -> Sequence[str]:
    """The entries of Restore for kernel modules of these names that were left out."""
    needed = {
        f"{package.replace(kernel, '*')}: {path.replace(kernel, '*')}"
        for package, path in left_out
        if kernels_of([path]).get(kernel) and kernel_module_name(path) in names
    }
    return sorted(needed)


def _ways_out(entries: Sequence[str]) -> str:
    """The remedy for needed kernel modules, which these entries would bring back."""
    if not entries:
        return "leave these out, too (Exclude), or let what they need stay (Include)"
    named = ", ".join(f"'{entry}'" for entry in entries)
    return (
        f"add {named} to the field Restore, so that what they need comes back; or leave these "
        "out, too (Exclude)"
    )


def _told(root: Root, field: str, paths: Sequence[str]) -> Sequence[str]:
    """A field of each kernel module in a root (modinfo(8))."""
    with enclosed(root) as place:
        return place.capture("modinfo", "-F", field, *paths).decode().splitlines()
