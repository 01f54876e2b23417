"""The generations of an image: built stacks, each in a directory; nodes get the deployed one."""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from qlumod.errors import QlumodError
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
DEPLOYED = "deployed"
"""The link to the generation that nodes get."""
_CURRENT = "current"
"""The name of that link until qlumod 0.2; boot configurations may name it, so it stays as a link to
`DEPLOYED`."""
STAGING = ".new"
_GENERATION = re.compile(r"[1-9][0-9]*")


def read_newest(places: Places, name: ImageName) -> tuple[str, Stack] | None:
    """The newest generation's name and stack; None if the image was never built."""
    found = generations(places, name)
    if not found:
        return None
    return found[-1], read_stack(generation_path(places, name, found[-1]))


def generation_path(places: Places, name: ImageName, generation: str) -> Path:
    """The directory of a generation, whether it exists or not."""
    return places.built / name / generation


def read_deployed(places: Places, name: ImageName) -> str | None:
    """The name of the generation that nodes get; None if none was deployed."""
    home = places.built / name
    for link in (home / DEPLOYED, home / _CURRENT):
        if link.is_symlink():
            return str(link.readlink())
    return None


def point_deployed(places: Places, name: ImageName, generation: str) -> None:
    """Let nodes get that generation from their next boot on, by one rename. Needs the lock."""
    home = places.built / name
    point(home / DEPLOYED, generation)
    old = home / _CURRENT
    if old.is_symlink() and str(old.readlink()) != DEPLOYED:
        point(old, DEPLOYED)


def read_stack(generation: Path) -> Stack:
    """Read the stack of a generation; raises `QlumodError`."""
    path = generation / STACK
    return parse_stack(read_document(path), str(path))


def never_built(name: ImageName) -> QlumodError:
    """The error for an image without generations."""
    return QlumodError(
        f"image {name} was never built", remedy=f"build it: qlumod image build {name}"
    )


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


def next_generation(places: Places, name: ImageName) -> str:
    """The name of the generation that is built next."""
    return str(1 + max(map(int, generations(places, name)), default=0))


def commit_generation(places: Places, name: ImageName, staging: Path, generation: str) -> None:
    """Make the staged generation the newest one, by one rename."""
    home = places.built / name
    with told(home):
        sync(staging)
        staging.rename(home / generation)
        sync(home)


def generations(places: Places, name: ImageName) -> tuple[str, ...]:
    """The names of an image's generations, oldest first."""
    home = places.built / name
    if not home.is_dir():
        return ()
    return tuple(sorted((p.name for p in home.iterdir() if _GENERATION.fullmatch(p.name)), key=int))


def remove_generations(places: Places, name: ImageName, unused: Collection[str]) -> None:
    """Remove some generations of an image."""
    for generation in unused:
        remove_tree(generation_path(places, name, generation))


def used_layers(places: Places) -> set[Digest]:
    """The digests of all layers that generations of all images need."""
    used: set[Digest] = set()
    for path in sorted(places.built.glob(f"*/*/{STACK}")):
        used |= {layer.file.sha256 for layer in read_stack(path.parent).layers}
    return used


def forget_all(places: Places, name: ImageName) -> None:
    """Remove all generations of an image, first of all from nodes; a killed run can be repeated."""
    for link in (DEPLOYED, _CURRENT):
        with told(places.built / name / link, "remove"):
            (places.built / name / link).unlink(missing_ok=True)
    remove_tree(places.built / name)


def faults_of_generation(generation: Path, stack: Stack) -> Iterator[str]:
    """What is missing of a generation, or has another size: a line for each file."""
    files = (stack.kernel, stack.initrd, *(layer.file for layer in stack.layers))
    for file in {file.path: file for file in files}.values():
        path = generation / file.path
        if not path.is_file():
            yield f"{path.resolve()} is missing"
        elif path.stat().st_size != file.size:
            yield f"{path.resolve()} has {path.stat().st_size} bytes instead of {file.size}"
    if not (generation / SECRETS).is_file():
        yield f"{generation / SECRETS} is missing"
