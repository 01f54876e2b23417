"""Defining, building and showing the images of a head node."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Caution, Listener, Notice, step
from qlumod.head.definitions import (
    defined_images,
    definition_path,
    read_definition,
    write_definition,
)
from qlumod.head.generations import forget_all, generations, read_current, used_layers
from qlumod.head.image_build import build_image, is_current
from qlumod.head.image_plan import ImagePlan, make_plan
from qlumod.head.places import Places
from qlumod.head.pool import collect_idle
from qlumod.head.registrar import held, read_registry, scan_modules, tell
from qlumod.head.retention import keep_fixed
from qlumod.model.image import Image, ImageName, Stack
from qlumod.model.names import ArchName, FlavorName, ModuleName
from qlumod.model.registry import Registry
from qlumod.model.secret import Secret
from qlumod.system.processes.namespace import require

Name = TypeVar("Name", bound=str)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewImage:
    """The options of a new image; None selects a default from this head node's modules."""

    name: ImageName
    modules: Sequence[ModuleName]
    version: str | None = None
    """None: the newest minor version of the flavor."""
    flavor: FlavorName | None = None
    """None: the only one."""
    architecture: ArchName | None = None
    """None: the only one."""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltImage:
    """The result of `build_images` for one image."""

    image: ImageName
    generation: str
    """Empty if nothing was built, since the image was up to date or for a dry run."""
    outdated: bool
    plan: ImagePlan
    missing: tuple[Secret, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownImage:
    """An image's definition, and its generations."""

    image: Image
    generation: str
    stack: Stack | None
    generations: tuple[str, ...]


def create_image(places: Places, new: NewImage, *, listen: Listener) -> Image:
    """Define an image of modules that this head node has."""
    with held(places, listen):
        registry = read_registry(places)
        image = Image(
            name=new.name,
            version=new.version or _newest_minor(registry, new.flavor),
            flavor=new.flavor or _only({entry.flavor for entry in registry}, "flavor"),
            architecture=new.architecture
            or _only({entry.architecture for entry in registry}, "arch"),
            modules=tuple(sorted(set(new.modules))),
            description=new.description,
        )
        make_plan(places, image, registry)
        write_definition(places, image)
        keep_fixed(places, listen)
    return image


def build_images(
    places: Places,
    names: Sequence[ImageName],
    *,
    force: bool,
    dry_run: bool,
    listen: Listener,
) -> tuple[BuiltImage, ...]:
    """Build the images (without names, all) whose current generation is out of date.

    A fault of one image does not prevent the build of others: all faults are raised at the end.
    """
    built: list[BuiltImage] = []
    faults: list[QlumodError] = []
    with held(places, listen):
        registry, changes = scan_modules(places, thorough=False, listen=listen)
        keep_fixed(places, listen)
        for name in names or defined_images(places):
            try:
                plan = make_plan(places, read_definition(places, name), registry)
                built.append(_build(places, plan, force=force, dry_run=dry_run, listen=listen))
            except QlumodError as fault:
                faults.append(fault)
    tell(places, changes, listen)
    raise_faults(faults)
    return tuple(built)


def list_images(places: Places) -> tuple[ShownImage, ...]:
    """All images, sorted by name."""
    return tuple(show_image(places, name) for name in defined_images(places))


def show_image(places: Places, name: ImageName) -> ShownImage:
    """An image and its generations; raises `QlumodError`."""
    return _shown(places, read_definition(places, name))


def remove_image(places: Places, name: ImageName, *, listen: Listener) -> None:
    """Remove an image's definition and all its generations; the site's files stay."""
    with held(places, listen):
        read_definition(places, name)
        definition_path(places, name).unlink()
        forget_all(places, name)
        collect_idle(places, used_layers(places))
        keep_fixed(places, listen)


def _build(
    places: Places, plan: ImagePlan, *, force: bool, dry_run: bool, listen: Listener
) -> BuiltImage:
    name = plan.image.name
    for reason in plan.choice.passed_over:
        listen(Caution(text=f"image {name}: a newer version is passed over: {reason}"))
    _caution_about_secrets(plan, listen)
    outdated = force or not is_current(places, plan)
    generation = ""
    if outdated and not dry_run:
        require()
        with step(listen, f"building image {name}"):
            generation = build_image(places, plan, listen)
    elif not outdated:
        listen(Notice(text=f"image {name}: up to date"))
    return BuiltImage(
        image=name, generation=generation, outdated=outdated, plan=plan, missing=plan.missing
    )


def _caution_about_secrets(plan: ImagePlan, listen: Listener) -> None:
    for file in plan.unlisted:
        listen(
            Caution(
                text=f"{file.source} stays here: no module of the image lists {file.path} among "
                "its secrets, and a node takes no others"
            )
        )


def _shown(places: Places, image: Image) -> ShownImage:
    current = read_current(places, image.name)
    return ShownImage(
        image=image,
        generation=current[0] if current else "",
        stack=current[1] if current else None,
        generations=generations(places, image.name),
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
