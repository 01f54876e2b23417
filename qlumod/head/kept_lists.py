"""The lists that a generation keeps: the packages and the paths of its modules.

With them an old generation can be explained after the packages of its modules are gone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.head.definitions import read_definition
from qlumod.head.generations import faults_of_generation, generations, never_built, read_stack
from qlumod.head.image_plan import ImagePart
from qlumod.head.inside import OWN_LAYER
from qlumod.head.places import Places
from qlumod.head.pool import take
from qlumod.model.image import ImageName, Stack
from qlumod.model.names import ModuleName
from qlumod.model.payload_paths import contents_file, packages_file
from qlumod.system.disk.directories import make_directories
from qlumod.system.disk.files import sync

LISTS = "modules"
"""The directory of these lists in a generation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptGeneration:
    """A generation with the lists of its modules, which ordinary users can read."""

    name: str
    directory: Path
    stack: Stack

    @property
    def has_lists(self) -> bool:
        """Whether it has these lists: generations of earlier versions of qlumod do not."""
        return (self.directory / LISTS).is_dir()

    def packages(self, module: ModuleName) -> Path | None:
        """The file that lists a module's packages; None: the module has none."""
        return _existing(self.directory / LISTS / packages_file(module))

    def contents(self, layer: str) -> Path | None:
        """The file that lists the paths of a layer, also of the image's own; None: it has none."""
        name = contents_file(ModuleName(layer))
        own = layer == OWN_LAYER
        return _existing(self.directory / name if own else self.directory / LISTS / name)

    def require_lists(self) -> None:
        """Raise an error if the generation does not have these lists."""
        if not self.has_lists:
            raise QlumodError(
                f"generation {self.name} of image {self.stack.image} does not list its packages "
                "and files: an earlier version of qlumod built it",
                remedy=f"build a generation that does: qlumod image build --force "
                f"{self.stack.image}",
            )


def keep_lists(parts: Iterable[ImagePart], generation: Path) -> None:
    """Put the lists of the modules into a new generation."""
    directory = generation / LISTS
    make_directories(directory)
    for part in parts:
        module = part.manifest.module
        for name in (packages_file(module), contents_file(module)):
            if file := part.manifest.file(name):
                take(part.payload.directory / name, directory / name, file)
    sync(directory)


def kept_generation(places: Places, name: ImageName, generation: str) -> KeptGeneration:
    """A generation of an image; raises `QlumodError` if its stack cannot be read."""
    directory = places.built / name / generation
    return KeptGeneration(name=generation, directory=directory, stack=read_stack(directory))


def chosen_generation(places: Places, name: ImageName, generation: str | None) -> KeptGeneration:
    """A generation of an image (None: the newest one); raises `QlumodError` if there is none."""
    there = generations(places, name)
    if not there:
        read_definition(places, name)
        raise never_built(name)
    if generation is not None and generation not in there:
        raise QlumodError(
            f"image {name} has no generation {generation}: there are {', '.join(there)}",
            remedy="name another one, or leave --generation out for the newest one",
        )
    return kept_generation(places, name, generation or there[-1])


def require_intact(kept: KeptGeneration) -> None:
    """Raise an error if files of a generation or layers are missing."""
    if any(faults_of_generation(kept.directory, kept.stack)):
        raise QlumodError(
            f"generation {kept.name} of image {kept.stack.image} has lost files ({kept.directory})",
            remedy=f"build the image again: qlumod image build {kept.stack.image}",
        )


def _existing(path: Path) -> Path | None:
    return path if path.exists() else None
