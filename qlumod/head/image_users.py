"""The images that use a module."""

from collections.abc import Iterable

from qlumod.model.image import Image, ImageName
from qlumod.model.registry import Registered


def users_of(entry: Registered, images: Iterable[Image]) -> tuple[ImageName, ...]:
    """The images that may be built from a module, by their definitions.

    They have the module, in its flavor and architecture, and follow its version.
    """
    return tuple(
        image.name
        for image in images
        if entry.module in image.wanted
        and (entry.flavor, entry.architecture) == (image.flavor, image.architecture)
        and image.follows(entry.version)
    )
