"""The initrd of a stack: core's, or another one if other modules change its inputs."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener, step
from qlumod.model.manifest import INITRD
from qlumod.packaging.initrd import CoreInitrd, InitrdMaker
from qlumod.stack.payload import Payload
from qlumod.system.disk.files import write_new
from qlumod.system.disk.regular_files import read_bytes
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.enclosure import enclosed

LARGEST = 512 << 20
"""The maximum bytes of an initrd; one with all drivers and firmware of Debian has a quarter."""


def remake_initrd(
    maker: InitrdMaker,
    root: Root,
    members: Sequence[Payload],
    output: Path,
    *,
    site: Iterable[str] = (),
    listen: Listener,
) -> Path | None:
    """Write the initrd of an assembled stack and return it; None if core's initrd is right.

    It is core's with an addition if that does, else it is made. `site` are paths of the stack that
    no member has. Its timestamp is core's, as that of core's initrd.
    """
    core = next((m for m in members if m.manifest.file(INITRD)), None)
    others = (member for member in members if member is not core)
    if core is None:
        return None
    inputs, manifest = maker.inputs((*site, *_brought(others))), core.manifest
    if not inputs:
        return None
    with step(listen, "making the initrd"):
        initrd = CoreInitrd(
            data=read_bytes(core.directory / INITRD, most=LARGEST),
            kernel=manifest.kernel,
            epoch=manifest.epoch,
        )
        added = maker.addition(root, inputs, initrd, listen=listen)
        if added is not None:
            require_bounded(len(initrd.data) + len(added), manifest.kernel, maker.hooks)
            write_new(output, initrd.data + added)
        else:
            make_initrd(maker, root, manifest.kernel, output, epoch=manifest.epoch, listen=listen)
    return output


def make_initrd(
    maker: InitrdMaker, root: Root, kernel: str, output: Path, *, epoch: int, listen: Listener
) -> None:
    """Generate the initrd of a kernel with programs of the root, which must not change the root."""
    with enclosed(root, writable=False) as place:
        made = maker.make(place, kernel, epoch=epoch, listen=listen)
        with place.temporary.reading(made) as source:
            size = os.fstat(source.fileno()).st_size
        require_bounded(size, kernel, maker.hooks)
        place.temporary.copy_out(made, output)


def require_bounded(size: int, kernel: str, hooks: str) -> None:
    """Raise if an initrd is too large to be searched for secrets, or to be booted.

    `hooks` says what adds files to an initrd (`InitrdMaker.hooks`).
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
