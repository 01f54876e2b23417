"""The initrd of a stack: core's own, made anew where others bring what one is made of."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener, step
from qlumod.model.manifest import INITRD
from qlumod.stack.payload import Payload
from qlumod.state.initrd_inputs import makes_another
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.enclosure import enclosed

LARGEST = 512 << 20
"""Bytes of an initrd; with all of Debian's drivers and firmware one has a quarter of that."""
_MADE = "/initrd.img"
"""Where it is made, below /tmp of the enclosure."""


def remake_initrd(
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
    if core is None or not makes_another((*site, *_brought(others))):
        return None
    with step(listen, "making the initrd"):
        manifest = core.manifest
        make_initrd(root, manifest.kernel, output, epoch=manifest.epoch, listen=listen)
    return output


def make_initrd(root: Root, kernel: str, output: Path, *, epoch: int, listen: Listener) -> None:
    """Make the initrd of a kernel with the root's own mkinitramfs(8), which may change nothing."""
    with enclosed(root, writable=False) as place:
        place.run(
            "mkinitramfs", "-o", f"/tmp{_MADE}", kernel,
            epoch=epoch, environment={"TMPDIR": "/tmp"}, listen=listen,
        )  # fmt: skip
        require_bounded(place.temporary, kernel)
        place.temporary.copy_out(_MADE, output)


def require_bounded(place: Root, kernel: str) -> None:
    """Raise where the initrd is too large to be looked into for secrets, or to boot from."""
    with place.reading(_MADE) as source:
        size = os.fstat(source.fileno()).st_size
    if size > LARGEST:
        raise QlumodError(
            f"the initrd of the kernel {kernel} has {size >> 20} MiB, more than the "
            f"{LARGEST >> 20} MiB that qlumod looks into and that nodes are to load",
            remedy="see which hook in /usr/share/initramfs-tools/hooks or "
            "/etc/initramfs-tools/hooks puts so much there",
        )


def _brought(members: Iterable[Payload]) -> Iterator[str]:
    for member in members:
        yield from (line.path for line in member.contents if line.type != "d")
