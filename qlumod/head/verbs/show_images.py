"""Listing and showing the images of a head node."""

from dataclasses import dataclass

from qlumod.head.definitions import definition_bytes, read_definition
from qlumod.head.generations import generations, read_deployed, read_newest
from qlumod.head.places import Places
from qlumod.model.digests import digest_bytes
from qlumod.model.image import Image, ImageName, Stack
from qlumod.model.names import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownImage:
    """An image's definition, and its generations."""

    image: Image
    digest: Digest
    """The SHA-256 of the definition's file."""
    generation: str
    """The newest one; empty: it was never built."""
    stack: Stack | None
    """The stack of the newest generation."""
    deployed: str | None
    """The generation that nodes get; None: none was deployed."""
    generations: tuple[str, ...]


def show_image(places: Places, name: ImageName) -> ShownImage:
    """An image and its generations; raises `QlumodError`."""
    return with_generations(places, read_definition(places, name))


def with_generations(places: Places, image: Image) -> ShownImage:
    """An image with its generations; raises `QlumodError`."""
    newest = read_newest(places, image.name)
    return ShownImage(
        image=image,
        digest=digest_bytes(definition_bytes(places, image.name)),
        generation=newest[0] if newest else "",
        stack=newest[1] if newest else None,
        deployed=read_deployed(places, image.name),
        generations=generations(places, image.name),
    )
