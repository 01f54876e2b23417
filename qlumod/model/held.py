"""The modules in a package: the properties that decide whether they can be in one image."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from qlumod.errors import QlumodError
from qlumod.model.contents import PackageLine, parse_packages
from qlumod.model.digests import digest_bytes
from qlumod.model.document import decoded
from qlumod.model.generated import ARCHIVE
from qlumod.model.manifest import Manifest, PayloadFile, parse_manifest
from qlumod.model.names import (
    ArchName,
    Digest,
    FlavorName,
    ModuleName,
    ReleaseVersion,
)
from qlumod.model.packed import unpacked
from qlumod.model.payload_paths import MANIFEST, MODULES, payload_home

SetKey = tuple[ReleaseVersion, FlavorName, ArchName]
"""The release, flavor and architecture that all modules of one image share."""
Source = tuple[str, str]
"""The name and the version of a source package."""
PACKAGES = ".packages.version.gz"
_TOLD = re.compile(rf"{MODULES}(/[^/]+){{4}}/({MANIFEST}|[^/]+{re.escape(PACKAGES)})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A module in a package: its relations to other modules, and its Debian packages."""

    module: ModuleName
    release: ReleaseVersion
    flavor: FlavorName
    architecture: ArchName
    requires: tuple[ModuleName, ...]
    conflicts: tuple[ModuleName, ...]
    payload: Digest
    """The digest of its manifest, which has the digests of all other files."""
    packages: Mapping[str, str]
    """The version of each."""
    sources: tuple[Source, ...]
    """The sources of its packages, without packages that qlumod generated; sorted."""

    @property
    def key(self) -> SetKey:
        """The key of the modules with which it can be in one image."""
        return self.release, self.flavor, self.architecture


def tells_of_module(path: str) -> bool:
    """Whether a file of a package, by its relative path, describes a module."""
    return bool(path.startswith(MODULES) and _TOLD.fullmatch(path))


def read_held(texts: Mapping[str, bytes], where: str) -> tuple[Held, ...]:
    """The modules of a package, from the files that describe them; raises `QlumodError`."""
    try:
        homes = [path.rpartition("/")[0] for path in sorted(texts) if path.endswith(MANIFEST)]
        return tuple(_held(home, texts) for home in homes)
    except (QlumodError, LookupError) as fault:
        raise QlumodError(
            f"{where}: what it says of its module cannot be used: {fault}",
            remedy="build the package again",
        ) from fault


def _held(home: str, texts: Mapping[str, bytes]) -> Held:
    data = texts[f"{home}/{MANIFEST}"]
    manifest = parse_manifest(decoded(data, MANIFEST), MANIFEST)
    lines = _packages(home, manifest, texts)
    held = Held(
        module=manifest.module,
        release=manifest.version,
        flavor=manifest.flavor,
        architecture=manifest.architecture,
        requires=manifest.requires,
        conflicts=manifest.conflicts,
        payload=digest_bytes(data),
        packages={line.package: line.version for line in lines},
        sources=tuple(sorted({_source(line) for line in lines if line.archive != ARCHIVE})),
    )
    if home != payload_home(held.module, held.flavor, held.architecture, held.release):
        raise QlumodError(f"the manifest in {home} is that of another module")
    return held


def _packages(home: str, manifest: Manifest, texts: Mapping[str, bytes]) -> tuple[PackageLine, ...]:
    name = f"{manifest.module}{PACKAGES}"
    listed = texts.get(f"{home}/{name}", b"")
    if manifest.file(name) != PayloadFile(path=name, sha256=digest_bytes(listed), size=len(listed)):
        raise QlumodError(f"{name} is not the list of packages that the manifest names")
    return parse_packages(decoded(unpacked(listed, name), name), name)


def _source(line: PackageLine) -> Source:
    name, _, version = line.whole_source.partition(" ")
    return name, version.strip("()")
