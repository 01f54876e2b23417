"""The packages, files, sizes and units of a generation of an image."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlumod.head.kept_lists import KeptGeneration, chosen_generation
from qlumod.head.places import Places
from qlumod.model.contents import PackageLine, parse_contents, parse_packages
from qlumod.model.image import ImageName, Stack
from qlumod.model.names import ModuleName
from qlumod.model.stack_contents import (
    LayerContents,
    StackPath,
    StackUnit,
    stack_paths,
    stack_units,
)
from qlumod.system.disk.documents import read_packed_document


@dataclass(frozen=True, slots=True, kw_only=True)
class StackPackage:
    """A package of a stack, and the module that has it."""

    module: ModuleName
    line: PackageLine


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSize:
    """The size of a layer, compressed and unpacked."""

    layer: str
    compressed: int
    unpacked: int
    files: int
    """The number of paths without directories."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedGeneration:
    """A generation of an image; its lists are read when they are asked for.

    Each method raises `QlumodError` if the generation has no lists or they cannot be read.
    """

    kept: KeptGeneration

    @property
    def stack(self) -> Stack:
        """Its stack."""
        return self.kept.stack

    @property
    def name(self) -> str:
        """Its number."""
        return self.kept.name

    def packages(self) -> tuple[StackPackage, ...]:
        """The packages of all modules, sorted by name."""
        found = (
            StackPackage(module=module.module, line=line)
            for module in self.stack.modules
            for line in self._packages(module.module)
        )
        return tuple(sorted(found, key=lambda package: (package.line, package.module)))

    def paths(self) -> tuple[StackPath, ...]:
        """The paths that are visible in the stack, sorted."""
        return stack_paths(tuple(self._contents()))

    def units(self) -> tuple[StackUnit, ...]:
        """The units of systemd's system manager in the stack, sorted by name."""
        return stack_units(self.paths())

    def sizes(self) -> tuple[LayerSize, ...]:
        """The sizes of the layers, lowest first."""
        compressed = {layer.name: layer.file.size for layer in self.stack.layers}
        return tuple(
            LayerSize(
                layer=contents.layer,
                compressed=compressed[contents.layer],
                unpacked=contents.unpacked_size,
                files=contents.files,
            )
            for contents in self._contents()
        )

    def _packages(self, module: ModuleName) -> tuple[PackageLine, ...]:
        self.kept.require_lists()
        path = self.kept.packages(module)
        return parse_packages(read_packed_document(path), str(path)) if path else ()

    def _contents(self) -> Iterator[LayerContents]:
        self.kept.require_lists()
        for layer in self.stack.layers:
            path = self.kept.contents(layer.name)
            lines = parse_contents(read_packed_document(path), str(path)) if path else ()
            yield LayerContents(layer=layer.name, lines=lines)


def explain_image(
    places: Places, name: ImageName, generation: str | None = None
) -> ExplainedGeneration:
    """A generation of an image (None: the newest one); raises `QlumodError` if there is none."""
    return ExplainedGeneration(kept=chosen_generation(places, name, generation))
