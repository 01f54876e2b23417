"""One side of a comparison of stacks: a generation, or what would be built now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.head.generations import generations
from qlumod.head.image_plan import ImagePlan
from qlumod.head.inside import OWN_LAYER
from qlumod.head.kept_lists import KeptGeneration, kept_generation
from qlumod.head.places import Places
from qlumod.model.contents import PackageLine, parse_packages
from qlumod.model.image import ImageName
from qlumod.model.manifest import LAYER
from qlumod.model.names import Digest, ModuleName
from qlumod.model.payload_paths import contents_file, packages_file
from qlumod.model.stack_lines import StackLines, stacked_lines
from qlumod.system.disk.documents import read_packed, read_packed_document


@dataclass(frozen=True, kw_only=True)
class StackSide:
    """A stack that is compared with another one."""

    label: str
    """What people call it, such as ``generation 7 of compute``."""
    image: ImageName
    generation: str | None
    """None: what would be built now."""
    modules: dict[ModuleName, str]
    """The version of each module's package, lowest module first."""
    kernel: str
    layers: dict[str, tuple[Digest, int]]
    """Digest and size of each layer, by its name; the image's own is only in a generation."""
    secrets: tuple[str, ...]
    """The paths that are secrets."""
    package_files: tuple[tuple[ModuleName, Path], ...]
    contents_files: tuple[Path, ...]
    """Lowest first."""

    @property
    def size(self) -> int:
        """The bytes of its layers, which a node holds in memory."""
        return sum(size for _, size in self.layers.values())

    @cached_property
    def packages(self) -> Mapping[PackageLine, ModuleName]:
        """Its packages, and the module of each; raises `QlumodError`."""
        return {
            line: module
            for module, path in self.package_files
            for line in parse_packages(read_packed_document(path), str(path))
        }

    @cached_property
    def lines(self) -> StackLines:
        """The lines of all its paths; raises `QlumodError`."""
        return stacked_lines(map(read_packed, self.contents_files))

    @cached_property
    def module_lines(self) -> StackLines:
        """The same, without the image's own layer, whose contents come last in a generation."""
        own = self.generation is not None and OWN_LAYER in self.layers
        return stacked_lines(map(read_packed, self.contents_files[: -1 if own else None]))


def generation_side(places: Places, name: ImageName, generation: str) -> StackSide:
    """A generation, with the lists that it keeps; raises `QlumodError`."""
    if generation not in generations(places, name):
        raise QlumodError(
            f"image {name} has no generation {generation}",
            remedy=f"see which there are: qlumod image history {name}",
        )
    kept = kept_generation(places, name, generation)
    kept.require_lists()
    stack = kept.stack
    return StackSide(
        label=f"generation {generation} of {name}",
        image=name,
        generation=generation,
        modules={one.module: one.full_version for one in stack.modules},
        kernel=stack.kernel_release,
        layers={layer.name: (layer.file.sha256, layer.file.size) for layer in stack.layers},
        secrets=tuple(secret.path for secret in stack.secrets),
        package_files=tuple(_package_files(kept)),
        contents_files=tuple(
            path for layer in stack.layers if (path := kept.contents(layer.name)) is not None
        ),
    )


def _package_files(kept: KeptGeneration) -> Iterator[tuple[ModuleName, Path]]:
    for one in kept.stack.modules:
        if path := kept.packages(one.module):
            yield one.module, path


def plan_side(plan: ImagePlan) -> StackSide:
    """What would be built now: the modules, without the image's own layer."""
    name = plan.image.name
    found = [(part.manifest, part.payload.directory) for part in plan.parts]
    return StackSide(
        label=f"what would be built of {name}",
        image=name,
        generation=None,
        modules={part.manifest.module: part.in_stack.full_version for part in plan.parts},
        kernel=plan.core.manifest.kernel,
        layers={
            manifest.module: (file.sha256, file.size)
            for manifest, _ in found
            if (file := manifest.file(LAYER))
        },
        secrets=tuple(secret.path for secret in plan.secrets),
        package_files=tuple(
            (manifest.module, directory / packages_file(manifest.module))
            for manifest, directory in found
            if manifest.file(packages_file(manifest.module))
        ),
        contents_files=tuple(
            directory / contents_file(manifest.module)
            for manifest, directory in found
            if manifest.file(contents_file(manifest.module))
        ),
    )
