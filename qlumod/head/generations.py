"""The generations of an image: built stacks, each in a directory, of which one is current."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qlumod.head.places import Places
from qlumod.model.image import ImageName, Stack, parse_stack
from qlumod.model.names import Digest
from qlumod.system.disk.directories import make_directories
from qlumod.system.disk.documents import read_document
from qlumod.system.disk.files import point, sync
from qlumod.system.disk.refusals import told
from qlumod.system.disk.removal import remove_tree

STACK = "stack"
SECRETS = "secrets.tar"
CURRENT = "current"
STAGING = ".new"
_GENERATION = re.compile(r"[1-9][0-9]*")
KEPT = 3
"""The number of generations to keep, since nodes may be booting from the last one, and an
administrator may want to go back to it."""


def read_current(places: Places, name: ImageName) -> tuple[str, Stack] | None:
    """The current generation's name and stack; None if the image was never built."""
    link = places.built / name / CURRENT
    if not link.exists():
        return None
    return str(link.readlink()), read_stack(link)


def read_stack(generation: Path) -> Stack:
    """Read the stack of a generation; raises `QlumodError`."""
    path = generation / STACK
    return parse_stack(read_document(path), str(path))


@contextmanager
def staged_generation(places: Places, name: ImageName) -> Iterator[Path]:
    """An empty directory for a new generation, removed if the block fails. Needs the lock."""
    staging = places.built / name / STAGING
    # The directory may be left over from a killed run.
    remove_tree(staging)
    make_directories(staging)
    try:
        yield staging
    finally:
        remove_tree(staging)


def commit_generation(places: Places, name: ImageName, staging: Path) -> str:
    """Make the staged generation the current one, by one rename; returns its name."""
    home = places.built / name
    generation = str(1 + max((int(number) for number in generations(places, name)), default=0))
    with told(home):
        sync(staging)
        staging.rename(home / generation)
        sync(home)
    point(home / CURRENT, generation)
    return generation


def generations(places: Places, name: ImageName) -> tuple[str, ...]:
    """The names of an image's generations, oldest first."""
    home = places.built / name
    if not home.is_dir():
        return ()
    return tuple(sorted((p.name for p in home.iterdir() if _GENERATION.fullmatch(p.name)), key=int))


def forget_old(places: Places, name: ImageName) -> None:
    """Remove all generations except the newest ones and the current one."""
    current = read_current(places, name)
    for generation in generations(places, name)[:-KEPT]:
        if current is None or generation != current[0]:
            remove_tree(places.built / name / generation)


def used_layers(places: Places) -> set[Digest]:
    """The digests of all layers that generations of all images need."""
    used: set[Digest] = set()
    for path in sorted(places.built.glob(f"*/*/{STACK}")):
        used |= {layer.file.sha256 for layer in read_stack(path.parent).layers}
    return used


def forget_all(places: Places, name: ImageName) -> None:
    """Remove all generations of an image."""
    remove_tree(places.built / name)


def intact(generation: Path, stack: Stack) -> bool:
    """Whether a generation still has all its files with their sizes."""
    files = (stack.kernel, stack.initrd, *(layer.file for layer in stack.layers))
    sizes = {file.path: file.size for file in files}
    return (generation / SECRETS).is_file() and all(
        (generation / path).is_file() and (generation / path).stat().st_size == size
        for path, size in sizes.items()
    )
