"""The lock: the exact packages of all modules, for one release × flavor × architecture."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from qlumod.model.digests import digest_value
from qlumod.model.generated import RECIPE, Generated
from qlumod.model.names import ArchName, Digest, FlavorName, ModuleName, PackageName


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedPackage:
    """One package of the lock.

    `filename` is the path below the archive's URI (as in Packages), `archive` the name of the
    archive in the release file. `modules` are the modules whose layers contain the package: those
    that need it and do not get it from a module that they require. `builds` are the modules whose
    kernel modules are compiled with it; it is not in their layers for that reason.

    A generated package is in no archive: its `sha256` is the digest of its inputs, not of a file.
    """

    package: PackageName
    version: str
    architecture: str
    source: str
    """``name (version)`` if the source's version differs, otherwise ``name``."""
    sha256: Digest
    size: int
    filename: str
    archive: str
    modules: tuple[ModuleName, ...]
    builds: tuple[ModuleName, ...] = ()
    reason: str
    """Why it is in the lock: ``requested by slurm``, ``slurmd depends on it``, ``essential``."""
    section: str = ""
    """Its section if that is outside the main area: ``non-free-firmware/kernel``."""
    generated: Generated | None = None

    @property
    def area(self) -> str:
        """Its area of the archive: ``main``, ``non-free-firmware``."""
        return self.section.partition("/")[0] or "main"

    @property
    def file_name(self) -> str:
        """The .deb's standard file name, without the epoch's ``:``, as in pools."""
        version = self.version.partition(":")[2] or self.version
        return f"{self.package}_{version}_{self.architecture}.deb"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedArchive:
    """One InRelease file from which the lock was made."""

    archive: str
    suite: str
    date: str
    """Its Date field."""
    digest: Digest
    key: str
    """The fingerprint of the key that signed it."""
    older_because: str = ""
    """Why it may be older than the InRelease of the previous lock; empty if it is not older."""
    expired_because: str = ""
    """Why its Valid-Until was not checked; empty if it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedPredecessor:
    """The version with which a module is compared: the one published before it."""

    module: ModuleName
    version: str
    """Of its package: ``14.0.0-1``."""
    sha256: Digest
    """Of the document with its texts (`qlumod.package.before`)."""

    def __str__(self) -> str:
        return f"{self.module} {self.version} {self.sha256}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedPublication:
    """A module that is published already, in the version of its revision."""

    module: ModuleName
    recipe: Digest
    """The digest of its recipe: a module with another recipe needs another version."""
    manifest: Digest
    """The digest of its payload's manifest: a payload with other bytes needs another version."""
    document: Digest
    """The digest of the predecessor document for the next version."""

    def __str__(self) -> str:
        return f"{self.module} {self.recipe} {self.manifest} {self.document}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A whole lock file; packages sorted by name.

    `specs` are the digests of the specs from which it was made.
    `epoch` is the newest Date of the InRelease files in seconds; `epochs` are those of modules
    that have another one (`epoch_of`). `tools` are Debian package versions of the build host's
    tools. `revisions` are the N of each module package's version ``x.y.z-N``; `predecessors` are
    the versions with which the modules are compared, and `publications` are the modules that are
    published unchanged. `left_out` are modules that the lock does not contain, with the reason.
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
    epochs: tuple[tuple[ModuleName, int], ...] = ()
    predecessors: tuple[LockedPredecessor, ...] = ()
    publications: tuple[LockedPublication, ...] = ()
    left_out: tuple[tuple[ModuleName, str], ...] = ()
    host: str = ""
    """The release whose machines build from it: ``debian 12``; empty in locks that do not tell."""

    def epoch_of(self, module: ModuleName) -> int:
        """The time of all files of a module (its SOURCE_DATE_EPOCH).

        It stays as long as the module does not change, whatever changes in others.
        """
        return dict(self.epochs).get(module, self.epoch)

    def predecessor_of(self, module: ModuleName) -> LockedPredecessor | None:
        """The version with which a module is compared; None: nothing was published before it."""
        return next((found for found in self.predecessors if found.module == module), None)

    def publication_of(self, module: ModuleName) -> LockedPublication | None:
        """The publication of an unchanged module; None: it is new, or has changed."""
        return next((found for found in self.publications if found.module == module), None)

    def of(self, module: ModuleName) -> tuple[LockedPackage, ...]:
        """The packages of a module's layer, sorted by name."""
        return tuple(p for p in self.packages if module in p.modules)

    def building(self, module: ModuleName) -> tuple[LockedPackage, ...]:
        """The packages from which and with which a module's kernel modules are compiled."""
        return tuple(p for p in self.packages if module in p.builds)

    def to_compile(
        self, module: ModuleName, below: Collection[ModuleName]
    ) -> tuple[LockedPackage, ...]:
        """Those of them that are installed over the layers of the required modules."""
        return tuple(p for p in self.building(module) if not set(below) & set(p.modules))

    def to_make(
        self, module: ModuleName, below: Collection[ModuleName]
    ) -> tuple[LockedPackage, ...]:
        """All packages of archives that are needed to make a module over the layers below."""
        own = (p for p in self.of(module) if not p.generated)
        return tuple(sorted({*own, *self.to_compile(module, below)}, key=package_order))

    def generated(self, module: ModuleName) -> tuple[LockedPackage, ...]:
        """The packages of compiled kernel modules in a module's layer."""
        return tuple(p for p in self.of(module) if p.generated)

    @property
    def from_archives(self) -> tuple[LockedPackage, ...]:
        """All packages from archives: those that are not generated."""
        return tuple(p for p in self.packages if not p.generated)

    def restricted_to(self, modules: Iterable[ModuleName]) -> "Lock":
        """The lock with these modules only, for a source package."""
        kept = frozenset(modules)
        packages = (
            replace(
                package,
                modules=tuple(name for name in package.modules if name in kept),
                builds=tuple(name for name in package.builds if name in kept),
            )
            for package in self.packages
        )
        return replace(
            self,
            specs=tuple(pair for pair in self.specs if pair[0] in kept),
            revisions=tuple(pair for pair in self.revisions if pair[0] in kept),
            epochs=tuple(pair for pair in self.epochs if pair[0] in kept),
            predecessors=tuple(found for found in self.predecessors if found.module in kept),
            publications=tuple(found for found in self.publications if found.module in kept),
            left_out=(),
            packages=tuple(package for package in packages if package.modules or package.builds),
        )


def inputs_of(package: LockedPackage, packages: Iterable[LockedPackage]) -> Digest:
    """The digest of all inputs of a generated package; `packages` are those of the lock."""
    needs = [
        [other.package, other.version, other.architecture, other.sha256]
        for other in sorted(packages, key=package_order)
        if set(package.modules) & set(other.builds)
    ]
    generated = package.generated
    return digest_value(
        {
            "recipe": RECIPE,
            "package": [package.package, package.version, package.architecture, package.source],
            "fields": [list(pair) for pair in generated.fields()] if generated else [],
            "needs": needs,
        }
    )


def package_order(package: LockedPackage) -> tuple[str, str, str]:
    """The sort key of a lock's packages."""
    return package.package, package.architecture, package.version
