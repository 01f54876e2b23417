"""Writing squashfs images with mksquashfs, the same bytes for the same tree."""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener
from qlumod.model.release import Compression
from qlumod.system.run import CommandFailed, command, run


def write_image(
    tree: Path,
    image: Path,
    *,
    epoch: int,
    compression: Compression,
    left_out: Iterable[str] = (),
    scratch: Path,
    processors: int | None = None,
    listen: Listener,
) -> None:
    """Write the tree into an image, without the paths (relative to the tree) in `left_out`.

    All times of the tree must already lie at or before `epoch`. `scratch` is a directory for the
    list of what is left out. `processors` is how many work at it (None: all), and changes no byte.
    """
    listed = scratch / f"{image.name}.exclude"
    listed.write_bytes(b"".join(_line(path) for path in left_out))
    call = command(
        "mksquashfs", tree, image,
        "-noappend", "-no-progress", "-quiet",
        "-comp", "zstd",
        "-Xcompression-level", str(compression.level),
        "-b", compression.block_size,
        # A quarter of all memory is the default; a build host runs several at once.
        "-mem", "512M",
        *(("-processors", str(processors)) if processors else ()),
        # The lookup table for NFS export is of no use under an overlay.
        "-no-exports",
        "-ef", listed,
        environment={"SOURCE_DATE_EPOCH": str(epoch)},
    )  # fmt: skip
    with _told(image):
        run(call, listen=listen)
    listed.unlink()


@contextmanager
def _told(image: Path) -> Iterator[None]:
    """Say plainly when it was the image's file system that had no room."""
    full = os.strerror(errno.ENOSPC)
    try:
        yield
    except CommandFailed as failed:
        if any(full in line for line in failed.tail):
            raise QlumodError(
                f"cannot write {image}: {full}",
                remedy="make room on that file system, and run it again",
            ) from failed
        raise


def _line(path: str) -> bytes:
    """A line of mksquashfs's list of what it leaves out, which has no way to write a newline."""
    if "\n" in path:
        raise QlumodError(f"cannot leave {path!r} out of a squashfs: there is a newline in it")
    return os.fsencode(path) + b"\n"
