"""A module as part of a stack: its layer, and what it added to shared state."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.model.lines import lines_of
from qlumod.model.manifest import LAYER, LEFT_OUT, Manifest, parse_manifest
from qlumod.model.names import ModuleName, PackageName
from qlumod.model.payload import MANIFEST
from qlumod.system.documents import read_document, read_packed, read_small

STATE = "state"
"""The directory of the fragments in a payload."""
CACHES = "caches"
"""The fragment of the caches that the layer's build made: ``cache<TAB>path``, one path a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One module of a stack; `layer` is a squashfs image, or a directory while it is built."""

    manifest: Manifest
    layer: Path
    contents: Path
    """The payload's list of the layer's paths."""
    fragments: Mapping[str, bytes]

    @property
    def module(self) -> ModuleName:
        """The module's name."""
        return self.manifest.module

    @property
    def left_out(self) -> frozenset[tuple[PackageName, str]]:
        """What of its packages it left out, as the payload recorded it: package and path."""
        text = read_packed(self.contents.parent / LEFT_OUT)
        pairs = (line.partition("\t") for line in lines_of(os.fsdecode(text)))
        return frozenset((PackageName(name), path) for name, _, path in pairs)

    def cached_by(self, cache: str) -> tuple[str, ...]:
        """The paths that the layer's build made of a cache; empty where it made none."""
        pairs = (
            line.partition("\t") for line in lines_of(os.fsdecode(self.fragments.get(CACHES, b"")))
        )
        return tuple(path for name, _, path in pairs if name == cache)


def read_member(payload: Path) -> Member:
    """Read a payload directory."""
    path = payload / MANIFEST
    manifest = parse_manifest(read_document(path), str(path))
    return Member(
        manifest=manifest,
        layer=payload / LAYER,
        contents=payload / f"{manifest.module}.contents.gz",
        fragments={path.name: read_small(path) for path in sorted((payload / STATE).glob("*"))},
    )


def stacked(members: Iterable[Member]) -> tuple[Member, ...]:
    """Sort members so that each stands above all that it requires, else by name.

    Raises `QlumodError` where a required module is not among them.
    """
    left = {member.module: member for member in sorted(members, key=lambda m: m.module)}
    order: list[Member] = []
    placed: set[ModuleName] = set()
    while left:
        ready = next((m for m in left.values() if placed.issuperset(m.manifest.requires)), None)
        if ready is None:
            raise _gap(left, placed)
        order.append(left.pop(ready.module))
        placed.add(ready.module)
    return tuple(order)


def _gap(left: Mapping[ModuleName, Member], placed: set[ModuleName]) -> QlumodError:
    for member in left.values():
        for required in member.manifest.requires:
            if required not in left and required not in placed:
                return QlumodError(
                    f"module {member.module} requires module {required}, "
                    "which is not part of the stack",
                    remedy=f"add {required}",
                )
    return QlumodError(f"modules require each other in a circle: {', '.join(left)}")


def below(member: Member, members: Sequence[Member]) -> frozenset[ModuleName]:
    """All modules that a member stands upon, directly or not."""
    requires = {other.module: other.manifest.requires for other in members}
    found: set[ModuleName] = set()
    pending = list(member.manifest.requires)
    while pending:
        module = pending.pop()
        if module not in found:
            found.add(module)
            pending += requires[module]
    return frozenset(found)
