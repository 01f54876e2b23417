"""Kernel modules among the paths of a layer: each is for one kernel release."""

import re
from collections.abc import Iterable, Mapping, Sequence

_MODULE = re.compile(r"\.ko(\.(gz|xz|zst))?\Z")
_PLACE = re.compile(r"/usr/lib/modules/([^/]+)/")


def is_kernel_module(path: str) -> bool:
    """Whether the path is a kernel module, compressed or not."""
    return bool(_MODULE.search(path))


def kernels_of(paths: Iterable[str]) -> dict[str, str]:
    """The kernel releases of the kernel modules among the paths, each with one of these paths."""
    found: dict[str, str] = {}
    for path in paths:
        place = _PLACE.match(path)
        if place and is_kernel_module(path):
            found.setdefault(place[1], path)
    return dict(sorted(found.items()))


def kernel_module_name(path: str) -> str:
    """The kernel's name of a module: ``snd_pcm`` for ``…/snd-pcm.ko.xz``."""
    return path.rpartition("/")[2].partition(".")[0].replace("-", "_")


def lacking(needs: Mapping[str, Sequence[str]], there: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The missing dependencies of kernel modules, by path.

    `needs` has the names that each module depends on, by the module's path; `there` has the names
    of all modules, including those built into the kernel. The name of a module may differ from its
    file name: Debian's ``nvidia-current.ko`` is ``nvidia``.
    """
    known = set(map(kernel_module_name, there))
    missing = {
        path: tuple(sorted({kernel_module_name(name) for name in names if name} - known))
        for path, names in needs.items()
    }
    return {path: names for path, names in missing.items() if names}
