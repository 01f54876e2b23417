"""The modules of a head node with what their manifests say, and the images that use them."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlumod.errors import QlumodError
from qlumod.head.definitions import defined_images, read_definition
from qlumod.head.image_users import users_of
from qlumod.head.payloads import home_of, payload_in
from qlumod.head.places import Places
from qlumod.head.verbs.modules import registered_modules
from qlumod.model.image import Image, ImageName
from qlumod.model.manifest import Manifest
from qlumod.model.registry import Registered


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """A module of a head node."""

    entry: Registered
    manifest: Manifest | None
    """None: it cannot be read."""
    used_by: tuple[ImageName, ...]
    """The images that may be built from it; definitions that cannot be read do not count."""


def catalogue(places: Places) -> tuple[CatalogueEntry, ...]:
    """All registered modules, by stack group; raises `QlumodError` without a registry."""
    images = tuple(_readable(places))
    return tuple(
        CatalogueEntry(
            entry=entry, manifest=_manifest(places, entry), used_by=users_of(entry, images)
        )
        for entry in registered_modules(places)
    )


def _readable(places: Places) -> Iterator[Image]:
    for name in defined_images(places):
        try:
            yield read_definition(places, name)
        except QlumodError:
            continue


def _manifest(places: Places, entry: Registered) -> Manifest | None:
    try:
        return payload_in(home_of(places, entry)).manifest
    except QlumodError:
        return None
