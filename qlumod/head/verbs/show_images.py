"""Listing and showing the images of a head node."""

from dataclasses import dataclass

from qlumod.head.definitions import defined_images, definition_bytes, read_definition
from qlumod.head.generations import generations, read_current
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
    stack: Stack | None
    generations: tuple[str, ...]


def list_images(places: Places) -> tuple[ShownImage, ...]:
    """All images, sorted by name."""
    return tuple(show_image(places, name) for name in defined_images(places))


def show_image(places: Places, name: ImageName) -> ShownImage:
    """An image and its generations; raises `QlumodError`."""
    return _shown(places, read_definition(places, name))


def _shown(places: Places, image: Image) -> ShownImage:
    current = read_current(places, image.name)
    return ShownImage(
        image=image,
        digest=digest_bytes(definition_bytes(places, image.name)),
        generation=current[0] if current else "",
        stack=current[1] if current else None,
        generations=generations(places, image.name),
    )
