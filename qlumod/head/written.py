"""The files of an image's last layer that programs wrote and no build has checked before."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from qlumod.head.site_work import SiteChanges
from qlumod.model.digests import digest_bytes
from qlumod.model.tree import TreeEntry
from qlumod.stack.assemble import Assembled
from qlumod.stack.payload import Payload
from qlumod.stack.settle import set_attributes
from qlumod.state.kind import StateFile, encoded
from qlumod.state.state_table import StateTable
from qlumod.system.disk.within import Root

_FILE = re.compile(r"^f\t[0-7]{4}\t[^\t\n]*\t[0-9]+\t([0-9a-f]{64})\t", re.MULTILINE)
"""A file in a module's contents, and its digest. Parsing whole lines would take too long."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """The last layer and known facts about it; all paths are paths in the root.

    `entries` are all its entries in `upper`; `ours` are the paths that the image and the site
    wrote.
    """

    upper: Root
    entries: Mapping[str, TreeEntry]
    ours: frozenset[str]
    layers: Sequence[Root]
    """The members' layers, lowest first."""
    members: Sequence[Payload]
    assembled: Assembled
    table: StateTable
    by_site: SiteChanges
    """What the site's scripts did after the assembly."""

    @cached_property
    def merged(self) -> Mapping[str, StateFile]:
        """The files merged from fragments: each module's part was checked in its build."""
        files = (*self.assembled.merged.values(), self.table.identity)
        return {path: file for some in files for path, file in some.items()}

    @cached_property
    def by_programs(self) -> Mapping[str, TreeEntry]:
        """The entries that programs made or changed: neither `ours` nor equal to a merged file."""
        return {
            path: entry
            for path, entry in self.entries.items()
            if path not in self.ours
            and not _is_as(self.merged.get(path), entry)
            and not self._is_made_of_names(path)
        }

    @cached_property
    def state(self) -> Mapping[str, TreeEntry]:
        """The files of shared state in `by_programs`, of which only a part is new."""
        return {
            path: entry
            for path, entry in self.by_programs.items()
            if _holds(entry) and any(kind.claims(path) for kind in self.table.kinds)
        }

    @cached_property
    def own(self) -> Mapping[str, TreeEntry]:
        """The other files in `by_programs` whose bytes no layer has."""
        files = (entry for entry in self.by_programs.values() if _holds(entry))
        return {
            entry.path: entry
            for entry in files
            if entry.path not in self.state and entry.digest not in self.known
        }

    @cached_property
    def named(self) -> Mapping[str, TreeEntry]:
        """The entries in `by_programs` whose path no layer has, or that have attributes."""
        return {
            path: entry
            for path, entry in self.by_programs.items()
            if set_attributes(entry) or not self.is_in_a_layer(path)
        }

    @cached_property
    def known(self) -> frozenset[str]:
        """The digests of all files in the layers."""
        texts = (member.contents_text for member in self.members)
        return frozenset(chain.from_iterable(map(_FILE.findall, texts)))

    @property
    def anything(self) -> bool:
        """Whether there is anything to search."""
        return bool(self.state or self.own or self.named)

    def is_in_a_layer(self, path: str) -> bool:
        """Whether a layer has that path, with any content."""
        return any(layer.has(path) for layer in self.layers)

    def in_layers(self, path: str) -> bytes | None:
        """The bytes of a file in the uppermost layer that has it, or None."""
        layer = next((one for one in reversed(self.layers) if one.is_file(path)), None)
        return layer.read(path) if layer else None

    def _is_made_of_names(self, path: str) -> bool:
        """Whether the path is a cache that every stack generates from names of libraries.

        False if scripts of packages ran, since they could have written it.
        """
        ran = (*self.assembled.programs, *self.by_site.programs)
        told = any(not program.cache for program in ran)
        return not told and any(cache.always and cache.claims(path) for cache in self.table.caches)


def _is_as(file: StateFile | None, entry: TreeEntry) -> bool:
    """Whether a path still has the merged content."""
    if file is None:
        return False
    if file.link:
        return entry.type == "l" and encoded(entry.target) == file.data
    return entry.type == "f" and entry.digest == digest_bytes(file.data)


def _holds(entry: TreeEntry) -> bool:
    return entry.type == "f" and entry.size > 0
