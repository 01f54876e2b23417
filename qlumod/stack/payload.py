"""A built module's directory: each part is read once, on first use."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from qlumod.model.contents import PackageLine, PathLine, parse_contents, parse_packages
from qlumod.model.digests import digest_bytes
from qlumod.model.document import decoded
from qlumod.model.lines import lines_of
from qlumod.model.manifest import LAYER, LEFT_OUT, Manifest, parse_manifest
from qlumod.model.names import Digest, ModuleName, PackageName
from qlumod.model.payload_paths import MANIFEST, contents_file, packages_file
from qlumod.system.disk.documents import read_packed, read_packed_document, read_small

STATE = "state"
"""The directory of the fragments in a payload."""
CACHES = "caches"
"""The file of the caches that the layer's build generated: lines of ``cache<TAB>path``."""


@dataclass(frozen=True, kw_only=True)
class Payload:
    """A module as a part of stacks and packages: its layer, and the files that describe it.

    Each property raises `QlumodError` if its file cannot be read or parsed.
    """

    directory: Path
    elsewhere: Path | None = None
    """The path of its layer, if it is not in the directory: a squashfs image, or a directory during
    the build."""

    @property
    def layer(self) -> Path:
        """The path of the squashfs image."""
        return self.elsewhere or self.directory / LAYER

    @property
    def module(self) -> ModuleName:
        """The module's name in the manifest."""
        return self.manifest.module

    @property
    def version(self) -> str:
        """The release from which it was made: ``14.0.0``."""
        return str(self.manifest.version)

    @property
    def requires(self) -> tuple[ModuleName, ...]:
        """The modules that it requires directly: its layer was built upon them."""
        return self.manifest.requires

    @property
    def conflicts(self) -> tuple[ModuleName, ...]:
        """The modules that must not be in a stack with it."""
        return self.manifest.conflicts

    @cached_property
    def manifest(self) -> Manifest:
        """The manifest of the module."""
        path = str(self.directory / MANIFEST)
        return parse_manifest(decoded(self._manifest, path), path)

    @cached_property
    def digest(self) -> Digest:
        """The digest of the manifest's bytes, and so of all files that the manifest names."""
        return digest_bytes(self._manifest)

    @cached_property
    def _manifest(self) -> bytes:
        return read_small(self.directory / MANIFEST)

    @cached_property
    def packages(self) -> tuple[PackageLine, ...]:
        """The Debian packages of the layer."""
        return parse_packages(*self._text(packages_file(self.module)))

    @cached_property
    def contents(self) -> tuple[PathLine, ...]:
        """The paths of the layer."""
        return parse_contents(*self._contents)

    @property
    def contents_text(self) -> str:
        """The contents file as text."""
        return self._contents[0]

    @cached_property
    def _contents(self) -> tuple[str, str]:
        return self._text(contents_file(self.module))

    @cached_property
    def left_out(self) -> frozenset[tuple[PackageName, str]]:
        """Package and path of each file of its packages that the layer does not have."""
        text = os.fsdecode(read_packed(self.directory / LEFT_OUT))
        pairs = (line.partition("\t") for line in lines_of(text))
        return frozenset((PackageName(name), path) for name, _, path in pairs)

    @cached_property
    def fragments(self) -> Mapping[str, bytes]:
        """The fragments of shared state, by the kind's name."""
        paths = sorted((self.directory / STATE).glob("*"))
        return {path.name: read_small(path) for path in paths}

    def cached_by(self, cache: str) -> tuple[str, ...]:
        """The paths of a cache that the layer's build generated, possibly none."""
        text = os.fsdecode(self.fragments.get(CACHES, b""))
        pairs = (line.partition("\t") for line in lines_of(text))
        return tuple(path for name, _, path in pairs if name == cache)

    def _text(self, name: str) -> tuple[str, str]:
        """The text of a compressed file, and its name for errors."""
        path = self.directory / name
        return read_packed_document(path), str(path)
