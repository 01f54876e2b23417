"""Kernel modules among the paths of a layer: each fits one kernel only."""

import re
from collections.abc import Iterable, Mapping, Sequence

_MODULE = re.compile(r"\.ko(\.(gz|xz|zst))?\Z")
_PLACE = re.compile(r"/usr/lib/modules/([^/]+)/")


def is_kernel_module(path: str) -> bool:
    """Whether that is a kernel module, compressed or not."""
    return bool(_MODULE.search(path))


def kernels_of(paths: Iterable[str]) -> dict[str, str]:
    """The kernel releases that modules among the paths are for, each with one of these paths."""
    found: dict[str, str] = {}
    for path in paths:
        place = _PLACE.match(path)
        if place and is_kernel_module(path):
            found.setdefault(place[1], path)
    return dict(sorted(found.items()))


def kernel_module_name(path: str) -> str:
    """The name of a module as the kernel has it: ``snd_pcm`` of ``…/snd-pcm.ko.xz``."""
    return path.rpartition("/")[2].partition(".")[0].replace("-", "_")


def lacking(needs: Mapping[str, Sequence[str]], there: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """What the modules need that is not there.

    `needs` are the modules by path and the names that each says it depends on; `there` are the
    names of all modules, and what is built into the kernel. A module's own name need not be its
    file's: Debian's ``nvidia-current.ko`` is ``nvidia``.
    """
    known = set(map(kernel_module_name, there))
    missing = {
        path: tuple(sorted({kernel_module_name(name) for name in names if name} - known))
        for path, names in needs.items()
    }
    return {path: names for path, names in missing.items() if names}
