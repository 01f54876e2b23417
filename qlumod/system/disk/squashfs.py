"""Writing squashfs images with mksquashfs, the same bytes for the same tree."""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.events import Listener
from qlumod.model.release import Compression
from qlumod.system.processes.command import CommandFailed, command
from qlumod.system.processes.run import run


@dataclass(frozen=True, slots=True, kw_only=True)
class Squashing:
    """How an image is written."""

    epoch: int
    """The time of the image itself."""
    compression: Compression
    processors: int | None = None
    """How many work at it; None: all. It changes no byte."""


def write_image(
    tree: Path,
    image: Path,
    how: Squashing,
    *,
    left_out: Iterable[str] = (),
    scratch: Path,
    listen: Listener,
) -> None:
    """Write the tree into an image, without the paths (relative to the tree) in `left_out`.

    All times of the tree must already lie at or before the image's. `scratch` is a directory for
    the list of what is left out.
    """
    listed = scratch / f"{image.name}.exclude"
    listed.write_bytes(b"".join(_line(path) for path in left_out))
    call = command(
        "mksquashfs", tree, image,
        "-noappend", "-no-progress", "-quiet",
        "-comp", "zstd",
        "-Xcompression-level", str(how.compression.level),
        "-b", how.compression.block_size,
        # A quarter of all memory is the default; a build host runs several at once.
        "-mem", "512M",
        *(("-processors", str(how.processors)) if how.processors else ()),
        # The lookup table for NFS export is of no use under an overlay.
        "-no-exports",
        "-ef", listed,
        environment={"SOURCE_DATE_EPOCH": str(how.epoch)},
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
