"""The modules that the modules of an image require."""

from collections.abc import Sequence
from dataclasses import replace

from qlumod.events import Listener, Notice
from qlumod.head.choose import choose
from qlumod.head.payloads import home_of, payload_in
from qlumod.head.places import Places
from qlumod.model.image import Image
from qlumod.model.names import ModuleName
from qlumod.model.registry import Registry
from qlumod.model.stacks import gaps


def missing_modules(
    places: Places, image: Image, registry: Registry
) -> Sequence[tuple[ModuleName, ModuleName]]:
    """Pairs of a module of the image, and a module that it requires and that is not chosen."""
    chosen = choose(image, registry).modules
    manifests = [payload_in(home_of(places, entry)).manifest for entry in chosen]
    return [(manifest.module, required) for manifest, required in gaps(manifests)]


def add_required(places: Places, image: Image, registry: Registry, listen: Listener) -> Image:
    """The image with all modules that its modules require; raises if one of them is not there."""
    while found := missing_modules(places, image, registry):
        for module, required in found:
            listen(Notice(text=f"image {image.name}: {module} requires {required}: it is added"))
        added = {required for _, required in found}
        image = replace(image, modules=tuple(sorted({*image.modules, *added})))
    return image
