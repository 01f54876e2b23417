"""The lock: exactly which packages, of one release × flavor × architecture."""

from collections.abc import Iterable
from dataclasses import dataclass

from qlumod.model.names import ArchName, Digest, FlavorName, ModuleName, PackageName


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedPackage:
    """One package of the lock.

    `filename` is the path below the archive's URI (as in Packages), `archive` the name of the
    archive in the release file. `modules` are the modules whose layer holds the package: exactly
    those that do not find it in a module that they require.
    """

    package: PackageName
    version: str
    architecture: str
    source: str
    """``name (version)`` where the source's version differs, else ``name``."""
    sha256: Digest
    size: int
    filename: str
    archive: str
    modules: tuple[ModuleName, ...]
    reason: str
    """Why it is there: ``requested by slurm``, ``slurmd depends on it``, ``essential``."""

    @property
    def file_name(self) -> str:
        """The .deb's standard file name, ``:`` of an epoch left out as in pools."""
        version = self.version.partition(":")[2] or self.version
        return f"{self.package}_{version}_{self.architecture}.deb"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedArchive:
    """One InRelease file that the lock was made from."""

    archive: str
    suite: str
    date: str
    """Its Date field."""
    digest: Digest
    key: str
    """The fingerprint of the key that signed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A whole lock file; packages sorted by name.

    `specs` are the digests of the specs it was made from, `inputs` that of release and accounts.
    `epoch` is the newest Date of the InRelease files in seconds (SOURCE_DATE_EPOCH of all that is
    built). `tools` are Debian package versions of the build host's tools.
    `revisions` are the N of each module package's version ``x.y.z-N``.
    """

    version: str
    """The release, x.y.z."""
    flavor: FlavorName
    architecture: ArchName
    epoch: int
    specs: tuple[tuple[ModuleName, Digest], ...]
    release: Digest
    accounts: Digest
    archives: tuple[LockedArchive, ...]
    tools: tuple[tuple[str, str], ...]
    revisions: tuple[tuple[ModuleName, int], ...]
    packages: tuple[LockedPackage, ...]

    def of(self, module: ModuleName) -> tuple[LockedPackage, ...]:
        """The packages of a module's layer, sorted by name."""
        return tuple(p for p in self.packages if module in p.modules)

    def restricted_to(self, modules: Iterable[ModuleName]) -> "Lock":
        """The lock that speaks of these modules only: what a source package carries."""
        raise NotImplementedError
