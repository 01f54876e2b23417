"""Kernel modules among the paths of a layer: each fits one kernel only."""

import re
from collections.abc import Iterable

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
