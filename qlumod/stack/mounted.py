"""A stack of layers mounted as one root with a writable upper, all in a scratch directory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qlumod.stack.payload import Payload
from qlumod.system.disk.mount import all_squashfs, overlay
from qlumod.system.disk.within import Root


@dataclass(frozen=True, slots=True, kw_only=True)
class Mounted:
    """Layers that are mounted as one overlay."""

    layers: tuple[Path, ...]
    """The directories of the layers, lowest first."""
    upper: Path
    """The upper directory of the overlay, for all that is written."""
    root: Root
    """The merged view."""

    @property
    def all(self) -> tuple[Path, ...]:
        """The layers and the upper directory, lowest first."""
        return (*self.layers, self.upper)


@contextmanager
def mounted(members: Sequence[Payload], space: Path) -> Iterator[Mounted]:
    """Mount the layers of a stack, `members` lowest first, in an empty directory."""
    images = [member.layer for member in members]
    with all_squashfs(images, space / "layers") as layers, writable(layers, space) as stack:
        yield stack


@contextmanager
def writable(layers: Sequence[Path], space: Path) -> Iterator[Mounted]:
    """Mount directories as an overlay, lowest first, with a new writable upper directory."""
    upper, work, root = (space / name for name in ("upper", "work", "root"))
    for place in (upper, work, root):
        place.mkdir(parents=True)
    with overlay(layers, root, upper=upper, work=work):
        yield Mounted(layers=tuple(layers), upper=upper, root=Root(root))
