"""Defining the images of a head node, and removing them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener
from qlumod.head.definitions import (
    defined_images,
    definition_path,
    read_definition,
    require_undefined,
    write_definition,
)
from qlumod.head.deployment import collect_layers
from qlumod.head.generations import forget_all
from qlumod.head.image_plan import make_plan
from qlumod.head.places import Places
from qlumod.head.registrar import held, read_registry
from qlumod.head.required import add_required, missing_modules
from qlumod.head.retention import keep_fixed
from qlumod.model.definition_edit import ImageChange, changed_image
from qlumod.model.image import Deploy, Image, ImageName
from qlumod.model.names import ArchName, FlavorName, ModuleName
from qlumod.model.registry import Registry

Name = TypeVar("Name", bound=str)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewImage:
    """The options of a new image; None selects a default from this head node's modules."""

    name: ImageName
    modules: Sequence[ModuleName]
    with_required: bool = False
    """Whether the modules that these require are added."""
    version: str | None = None
    """None: the newest minor version of the flavor."""
    flavor: FlavorName | None = None
    """None: the only one."""
    architecture: ArchName | None = None
    """None: the only one."""
    description: str = ""
    enable: Sequence[str] = ()
    disable: Sequence[str] = ()
    kernel_arguments: str = ""
    deploy: Deploy = Deploy.BY_HAND


def create_image(
    places: Places, new: NewImage, *, dry_run: bool = False, listen: Listener
) -> Image:
    """Define an image of modules that this head node has."""
    with held(places, listen):
        registry = read_registry(places)
        image = image_of(new, registry)
        if new.with_required:
            image = add_required(places, image, registry, listen)
        raise_faults(_incomplete(places, image, registry))
        make_plan(places, image, registry)
        require_undefined(places, image.name)
        if not dry_run:
            write_definition(places, image)
            keep_fixed(places, listen)
    return image


def image_of(new: NewImage, registry: Registry) -> Image:
    """The image of these options, with the defaults of this head node's modules."""
    image = Image(
        name=new.name,
        version=new.version or _newest_minor(registry, new.flavor),
        flavor=new.flavor or _only({entry.flavor for entry in registry}, "flavor"),
        architecture=new.architecture or _only({entry.architecture for entry in registry}, "arch"),
        modules=tuple(sorted(set(new.modules))),
        description=new.description,
        deploy=new.deploy,
        kernel_arguments=new.kernel_arguments,
    )
    return changed_image(image, ImageChange(enable=new.enable, disable=new.disable))


def image_names(places: Places) -> tuple[ImageName, ...]:
    """The names of all images, sorted."""
    return defined_images(places)


def remove_image(places: Places, name: ImageName, *, listen: Listener) -> None:
    """Remove an image's definition and all its generations; the site's files stay."""
    with held(places, listen):
        read_definition(places, name)
        # What was built goes first: a definition without it can be removed again, or built.
        forget_all(places, name)
        definition_path(places, name).unlink()
        collect_layers(places, listen)
        keep_fixed(places, listen)


def _incomplete(places: Places, image: Image, registry: Registry) -> Iterator[QlumodError]:
    """An error for each module that is required and not chosen."""
    found = missing_modules(places, image, registry)
    whole = sorted({*image.modules, *(required for _, required in found)})
    for module, required in found:
        yield QlumodError(
            f"image {image.name}: module {module} requires module {required}, which is not chosen",
            remedy=f"say --with-required, or --modules {','.join(whole)}",
        )


def _newest_minor(registry: Registry, flavor: FlavorName | None) -> str:
    versions = [e.version for e in registry if flavor is None or e.flavor == flavor]
    if not versions:
        raise QlumodError(
            "this head node has no modules to make an image of",
            remedy="install some, such as: apt install qlustar-module-slurm",
        )
    return max(versions).meta[0]


def _only(found: set[Name], option: str) -> Name:
    """The only element; raises if the user must choose one."""
    if len(found) != 1:
        raise QlumodError(
            f"this head node's modules leave a choice: {', '.join(sorted(found))}",
            remedy=f"say --{option}",
        )
    return found.pop()
