"""Which generation nodes get, and which generations may go."""

from collections.abc import Iterator

from qlumod.errors import QlumodError
from qlumod.events import Caution, Listener
from qlumod.head.generations import (
    faults_of_generation,
    generation_path,
    generations,
    point_deployed,
    read_deployed,
    read_stack,
    remove_generations,
    used_layers,
)
from qlumod.head.image_history import event, read_history, record, unreadable_path
from qlumod.head.places import Places
from qlumod.head.pool import collect_idle
from qlumod.model.history import Done, pinned
from qlumod.model.image import KEPT, ImageName, image_name
from qlumod.model.lines import lines_of
from qlumod.system.disk.documents import read_document


def deploy_generation(
    places: Places, name: ImageName, generation: str, *, reason: str, listen: Listener
) -> None:
    """Let nodes get a generation from their next boot on; needs the lock."""
    require_intact(places, name, generation)
    record(places, name, event(Done.DEPLOYED, generation, reason), listen=listen)
    point_deployed(places, name, generation)


def require_generation(places: Places, name: ImageName, generation: str) -> None:
    """Raise unless the image has that generation."""
    there = generations(places, name)
    if generation not in there:
        raise QlumodError(
            f"image {name} has no generation {generation}: there is {', '.join(there) or 'none'}",
            remedy=f"choose one of them, or build a new one: qlumod image build {name}",
        )


def require_intact(places: Places, name: ImageName, generation: str) -> None:
    """Raise if a generation lacks files: no node could boot it."""
    require_generation(places, name, generation)
    directory = generation_path(places, name, generation)
    faults = tuple(faults_of_generation(directory, read_stack(directory)))
    if faults:
        raise QlumodError(
            f"image {name}: generation {generation} is damaged, and no node could boot it",
            details=faults,
            remedy=f"build it anew: qlumod image build {name} --force",
        )


def unused_generations(
    places: Places, name: ImageName, *, keep: int = KEPT, listen: Listener
) -> tuple[str, ...]:
    """The generations that may go, oldest first.

    The newest ones stay, and those that are deployed, pinned, or named in a file of `in_use`. If
    such a file cannot be read, all stay.
    """
    there = generations(places, name)
    unreadable = unreadable_path(places, name)
    if unreadable.exists():
        text = f"what was pinned is unknown, look at {unreadable} and remove it"
        listen(Caution(text=f"image {name}: all generations are kept: {text}"))
        return ()
    try:
        held = {*in_use(places).get(name, ()), *pinned(read_history(places, name))}
    except QlumodError as fault:
        listen(Caution(text=f"image {name}: all generations are kept: {fault.brief}"))
        return ()
    held |= {read_deployed(places, name), *there[-keep:]}
    return tuple(one for one in there if one not in held)


def forget_unused(
    places: Places, name: ImageName, *, keep: int = KEPT, listen: Listener
) -> tuple[str, ...]:
    """Remove the generations of an image that may go, and idle layers; needs the lock."""
    unused = unused_generations(places, name, keep=keep, listen=listen)
    remove_generations(places, name, unused)
    collect_layers(places, listen)
    return unused


def collect_layers(places: Places, listen: Listener) -> None:
    """Remove the layers that no image uses; none, if a stack cannot be read. Needs the lock."""
    try:
        used = used_layers(places)
    except QlumodError as fault:
        listen(Caution(text=f"layers that no image uses are kept: {fault.brief}"))
        return
    collect_idle(places, used)


def in_use(places: Places) -> dict[ImageName, set[str]]:
    """The generations that nodes still need, by image; raises `QlumodError`."""
    found: dict[ImageName, set[str]] = {}
    for path in sorted(places.in_use.glob("*")):
        for number, line in enumerate(lines_of(read_document(path)), 1):
            for image, generation in _named(line, f"{path}:{number}"):
                found.setdefault(image, set()).add(generation)
    return found


def _named(line: str, where: str) -> Iterator[tuple[ImageName, str]]:
    words = line.partition("#")[0].split()
    if not words:
        return
    if len(words) != 2:
        raise QlumodError(f"{where}: {line!r} has not the form 'IMAGE GENERATION'")
    try:
        yield image_name(words[0]), words[1]
    except QlumodError as fault:
        raise QlumodError(f"{where}: {fault.brief}") from fault
