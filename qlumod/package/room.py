"""The sizes of a layer's parts: by package and by place, firmware apart; pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from qlumod.model.contents import PathLine

FIRMWARE = "/usr/lib/firmware/"
TOLD_APART = 100
"""A directory that takes more than one part in this number is listed apart from its parent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The bytes of a layer, which add up to `total`, and to `unpacked` when they are read.

    `tables` are names, modes and owners, and other metadata of squashfs.
    """

    total: int
    unpacked: int
    firmware: int
    tables: int
    packages: tuple["LayerPart", ...]
    """By package, or by ``<generator>`` for files without a package; the largest first."""
    places: tuple["LayerPart", ...]
    """By directory, each without the directories that are listed apart; the largest first."""

    @property
    def without_firmware(self) -> int:
        """All bytes but firmware, tables included."""
        return self.total - self.firmware


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPart:
    """The sum of some files: in the layer, and unpacked."""

    name: str
    stored: int
    unpacked: int


def room(total: int, stored: Mapping[str, float], lines: Iterable[PathLine]) -> Room:
    """Sum up the files of a layer (`stored`, by path); `lines` are its contents."""
    files = {line.path: line for line in lines if line.type == "f"}
    sizes = {path: line.size for path, line in files.items()}
    taken = {path: stored.get(path, 0.0) for path in files}
    place_of = _places(taken, total / TOLD_APART)
    return Room(
        total=total,
        unpacked=sum(sizes.values()),
        firmware=round(sum(size for path, size in taken.items() if path.startswith(FIRMWARE))),
        tables=round(total - sum(taken.values())),
        packages=_parts(taken, sizes, {path: line.origin for path, line in files.items()}),
        places=_parts(taken, sizes, place_of),
    )


def _parts(
    taken: Mapping[str, float], sizes: Mapping[str, int], name_of: Mapping[str, str]
) -> tuple[LayerPart, ...]:
    stored: defaultdict[str, float] = defaultdict(float)
    unpacked: defaultdict[str, int] = defaultdict(int)
    for path, name in name_of.items():
        stored[name] += taken[path]
        unpacked[name] += sizes[path]
    parts = (
        LayerPart(name=name, stored=round(stored[name]), unpacked=unpacked[name]) for name in stored
    )
    return tuple(sorted(parts, key=lambda part: (-part.stored, part.name)))


def _places(taken: Mapping[str, float], least: float) -> dict[str, str]:
    """The directory to which each file is added: the nearest one with `least` of its own."""
    held: defaultdict[PurePosixPath, list[str]] = defaultdict(list)
    for path in taken:
        held[PurePosixPath(path).parent].append(path)
    directories = {above for place in held for above in (place, *place.parents)}
    place_of: dict[str, str] = {}
    for place in sorted(directories, key=lambda place: (-len(place.parts), place)):
        if place == place.parent or sum(taken[path] for path in held[place]) >= least:
            place_of.update(dict.fromkeys(held[place], str(place)))
        else:
            held[place.parent] += held[place]
    return place_of
