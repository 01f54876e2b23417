"""The initrd of a stack: core's own, made anew where others bring what one is made of."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener, step
from qlumod.model.manifest import INITRD
from qlumod.packaging.initrd import InitrdMaker
from qlumod.stack.payload import Payload
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.enclosure import enclosed

LARGEST = 512 << 20
"""Bytes of an initrd; with all of Debian's drivers and firmware one has a quarter of that."""


def remake_initrd(
    maker: InitrdMaker,
    root: Root,
    members: Sequence[Payload],
    output: Path,
    *,
    site: Iterable[str] = (),
    listen: Listener,
) -> Path | None:
    """Make the initrd of an assembled stack, if it is another one than core's; returns it.

    `site` are paths that are there besides the members'. It is of core's time, as core's own is.
    """
    core = next((m for m in members if m.manifest.file(INITRD)), None)
    others = (member for member in members if member is not core)
    if core is None or not maker.makes_another((*site, *_brought(others))):
        return None
    with step(listen, "making the initrd"):
        manifest = core.manifest
        make_initrd(maker, root, manifest.kernel, output, epoch=manifest.epoch, listen=listen)
    return output


def make_initrd(
    maker: InitrdMaker, root: Root, kernel: str, output: Path, *, epoch: int, listen: Listener
) -> None:
    """Make the initrd of a kernel with the root's own programs, which may change nothing there."""
    with enclosed(root, writable=False) as place:
        made = maker.make(place, kernel, epoch=epoch, listen=listen)
        with place.temporary.reading(made) as source:
            size = os.fstat(source.fileno()).st_size
        require_bounded(size, kernel, maker.hooks)
        place.temporary.copy_out(made, output)


def require_bounded(size: int, kernel: str, hooks: str) -> None:
    """Raise where an initrd is too large to be looked into for secrets, or to boot from.

    `hooks` is what puts files into one, as `InitrdMaker.hooks` says it.
    """
    if size > LARGEST:
        raise QlumodError(
            f"the initrd of the kernel {kernel} has {size >> 20} MiB, more than the "
            f"{LARGEST >> 20} MiB that qlumod looks into and that nodes are to load",
            remedy=f"see which {hooks} puts so much there",
        )


def _brought(members: Iterable[Payload]) -> Iterator[str]:
    for member in members:
        yield from (line.path for line in member.contents if line.type != "d")
