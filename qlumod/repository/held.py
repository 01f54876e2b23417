"""What published packages hold, kept by their digests: a .deb is read once."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qlumod.errors import QlumodError
from qlumod.model.held import Held
from qlumod.model.manifest import MANIFEST, MODULES
from qlumod.model.names import ReleaseVersion
from qlumod.repository.entries import Entry
from qlumod.repository.layout import Layout
from qlumod.system.files import make_directories, read_bytes, write_whole

Find = Callable[[Entry], Path]
"""Where the .deb of an entry lies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Reads what packages hold, and keeps it where `keep` says so."""

    layout: Layout
    find: Find
    read: Callable[[Path], tuple[Held, ...]]
    keep: bool

    def held(self, entry: Entry) -> tuple[Held, ...]:
        """The modules that a binary package holds; raises `QlumodError`."""
        file = self.layout.held / entry.files[0].sha256
        if known := _known(file):
            return known
        found = self.read(self.find(entry))
        if self.keep:
            make_directories(self.layout.held)
            write_whole(file, json.dumps([_document(held) for held in found]).encode())
        return found


def has_modules(path: str) -> bool:
    """Whether a path of a package is that of a module's manifest."""
    return path.startswith(f"{MODULES}/") and path.endswith(f"/{MANIFEST}")


def _known(file: Path) -> tuple[Held, ...]:
    """What was kept; a file that cannot be understood counts as none."""
    try:
        return tuple(map(_held, json.loads(read_bytes(file))))
    except (QlumodError, ValueError, TypeError, KeyError):
        return ()


def _document(held: Held) -> dict[str, object]:
    return {**asdict(held), "release": str(held.release)}


def _held(values: Mapping[str, Any]) -> Held:
    return Held(
        **{
            **values,
            "release": ReleaseVersion.parse(values["release"]),
            "requires": tuple(values["requires"]),
            "conflicts": tuple(values["conflicts"]),
        }
    )
