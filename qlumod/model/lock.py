"""The lock: exactly which packages, of one release × flavor × architecture."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

from qlumod.errors import QlumodError
from qlumod.model.digests import digest_value
from qlumod.model.document import Fields, Reading, written
from qlumod.model.generated import ARCHIVE, RECIPE, Generated, parse_generated
from qlumod.model.names import (
    ArchName,
    Digest,
    FlavorName,
    ModuleName,
    PackageName,
    ReleaseVersion,
    arch_name,
    digest,
    flavor_name,
    module_name,
    package_name,
    package_version,
)
from qlumod.model.numbers import epoch, number

_N = TypeVar("_N", bound=str)
_T = TypeVar("_T")

_FILENAME = re.compile(r"[^/]+(/[^/]+)*\.[a-z]+\Z")
"""A flavor of other packages has files of another suffix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedPackage:
    """One package of the lock.

    `filename` is the path below the archive's URI (as in Packages), `archive` the name of the
    archive in the release file. `modules` are the modules whose layer holds the package: exactly
    those that do not find it in a module that they require. `builds` are those whose kernel modules
    are compiled with it: that is no reason to be in their layers.

    A generated package is in no archive: instead of a file's, `sha256` is the digest of its inputs.
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
    builds: tuple[ModuleName, ...] = ()
    reason: str
    """Why it is there: ``requested by slurm``, ``slurmd depends on it``, ``essential``."""
    section: str = ""
    """Its section where that is outside the main area: ``non-free-firmware/kernel``."""
    generated: Generated | None = None

    @property
    def area(self) -> str:
        """The archive's area that it is in: ``main``, ``non-free-firmware``."""
        return self.section.partition("/")[0] or "main"

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
    older_because: str = ""
    """Why it is older than the one of the lock before, where it is."""
    expired_because: str = ""
    """Why its Valid-Until was not looked at, where it was not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedPredecessor:
    """The version that a module is compared with: the one published before it."""

    module: ModuleName
    version: str
    """Of its package: ``14.0.0-1``."""
    sha256: Digest
    """Of the document that tells what it was (`qlumod.package.before`)."""

    def __str__(self) -> str:
        return f"{self.module} {self.version} {self.sha256}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedPublication:
    """A module that is published already, in the version that its revision names."""

    module: ModuleName
    recipe: Digest
    """Of what it was made from: a module of another recipe is another version."""
    manifest: Digest
    """Of its payload's manifest: a payload of other bytes is another version."""
    document: Digest
    """Of the document that the version after it will have for its predecessor."""

    def __str__(self) -> str:
        return f"{self.module} {self.recipe} {self.manifest} {self.document}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A whole lock file; packages sorted by name.

    `specs` are the digests of the specs it was made from, `inputs` that of release and accounts.
    `epoch` is the newest Date of the InRelease files in seconds; `epochs` are those of modules
    that have another one (`epoch_of`). `tools` are Debian package versions of the build host's
    tools. `revisions` are the N of each module package's version ``x.y.z-N``; `predecessors` are
    what the modules are compared with, and `publications` tell which are published as they are.
    `left_out` are modules that could not be locked, with the reason: the lock is none of theirs.
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

    def epoch_of(self, module: ModuleName) -> int:
        """The time of all that is made of a module (its SOURCE_DATE_EPOCH).

        It stays as long as the module does, whatever moves in others.
        """
        return dict(self.epochs).get(module, self.epoch)

    def predecessor_of(self, module: ModuleName) -> LockedPredecessor | None:
        """What a module is compared with; None: nothing was published before it."""
        return next((found for found in self.predecessors if found.module == module), None)

    def publication_of(self, module: ModuleName) -> LockedPublication | None:
        """How a module is published already; None: it is new, or has changed."""
        return next((found for found in self.publications if found.module == module), None)

    def of(self, module: ModuleName) -> tuple[LockedPackage, ...]:
        """The packages of a module's layer, sorted by name."""
        return tuple(p for p in self.packages if module in p.modules)

    def building(self, module: ModuleName) -> tuple[LockedPackage, ...]:
        """The packages that a module's kernel modules are compiled from and with."""
        return tuple(p for p in self.packages if module in p.builds)

    def to_compile(
        self, module: ModuleName, below: Collection[ModuleName]
    ) -> tuple[LockedPackage, ...]:
        """Those of them that are installed for it over the layers below."""
        return tuple(p for p in self.building(module) if not set(below) & set(p.modules))

    def to_make(
        self, module: ModuleName, below: Collection[ModuleName]
    ) -> tuple[LockedPackage, ...]:
        """All packages of archives that making a module takes, the layers below given."""
        own = (p for p in self.of(module) if not p.generated)
        return tuple(sorted({*own, *self.to_compile(module, below)}, key=_package_key))

    def generated(self, module: ModuleName) -> tuple[LockedPackage, ...]:
        """The packages of compiled kernel modules in a module's layer."""
        return tuple(p for p in self.of(module) if p.generated)

    @property
    def from_archives(self) -> tuple[LockedPackage, ...]:
        """All packages that an archive has, or had."""
        return tuple(p for p in self.packages if not p.generated)

    def restricted_to(self, modules: Iterable[ModuleName]) -> "Lock":
        """The lock that speaks of these modules only: what a source package carries."""
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
    """The digest of all that decides a generated package's bytes; `packages` are the lock's."""
    needs = [
        [other.package, other.version, other.architecture, other.sha256]
        for other in sorted(packages, key=_package_key)
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


def lock_text(lock: Lock) -> str:
    """The text of a lock file: sorted, so that a review shows what moved and nothing else."""
    return written(
        (
            ("Format", "1"),
            ("Version", lock.version),
            ("Flavor", lock.flavor),
            ("Architecture", lock.architecture),
            ("Epoch", str(lock.epoch)),
            ("Epochs", _pairs(lock.epochs)),
            ("Release-Digest", lock.release),
            ("Accounts-Digest", lock.accounts),
            ("Specs", _pairs(lock.specs)),
            ("Revisions", _pairs(lock.revisions)),
            ("Predecessors", tuple(map(str, sorted(lock.predecessors, key=_module)))),
            ("Published", tuple(map(str, sorted(lock.publications, key=_module)))),
            ("Left-Out", _pairs(lock.left_out)),
            ("Tools", _pairs(lock.tools)),
        ),
        *(_archive_fields(a) for a in sorted(lock.archives, key=_archive_key)),
        *(_package_fields(p) for p in sorted(lock.packages, key=_package_key)),
    )


def parse_lock(text: str, path: str) -> Lock:
    """Read a lock file; raises all its faults at once."""
    reading = Reading(path)
    first, *others = reading.stanzas(text)
    header = _header(Fields(reading, first))
    archives: list[LockedArchive] = []
    packages: list[LockedPackage] = []
    lines: list[int] = []
    for stanza in others:
        fields = Fields(reading, stanza)
        if fields.has("Package"):
            packages.append(_package(fields))
            lines.append(fields.line_of("Package"))
        else:
            archives.append(_archive(fields))
        fields.done()
    _check_twice(reading, tuple(zip(lines, packages, strict=True)))
    reading.finish()
    return replace(
        header,
        archives=tuple(sorted(archives, key=_archive_key)),
        packages=tuple(sorted(packages, key=_package_key)),
    )


_E = TypeVar("_E", LockedPredecessor, LockedPublication)


def _module(entry: LockedPredecessor | LockedPublication) -> str:
    return entry.module


def _archive_key(archive: LockedArchive) -> tuple[str, str]:
    return archive.archive, archive.suite


def _package_key(package: LockedPackage) -> tuple[str, str, str]:
    return package.package, package.architecture, package.version


def _pairs(pairs: Iterable[tuple[str, object]]) -> tuple[str, ...]:
    return tuple(f"{name} {value}" for name, value in sorted(pairs))


def _archive_fields(archive: LockedArchive) -> Iterator[tuple[str, str]]:
    yield "Archive", archive.archive
    yield "Suite", archive.suite
    yield "Date", archive.date
    yield "SHA256", archive.digest
    yield "Key", archive.key
    yield "Older-Because", archive.older_because
    yield "Expired-Because", archive.expired_because


def _package_fields(package: LockedPackage) -> Iterator[tuple[str, str]]:
    yield "Package", package.package
    yield "Version", package.version
    yield "Architecture", package.architecture
    yield "Source", package.source
    if package.generated:
        yield "Inputs", package.sha256
        yield from package.generated.fields()
    else:
        yield "SHA256", package.sha256
        yield "Size", str(package.size)
        yield "Filename", package.filename
        yield "Archive", package.archive
    yield "Section", package.section
    yield "Modules", " ".join(sorted(package.modules))
    yield "Builds", " ".join(sorted(package.builds))
    yield "Reason", package.reason


def _header(fields: Fields) -> Lock:
    header = Lock(
        version=str(fields.need("Version", ReleaseVersion.parse, ReleaseVersion(0, 0, 0))),
        flavor=fields.need("Flavor", flavor_name, FlavorName("")),
        architecture=fields.need("Architecture", arch_name, ArchName("")),
        epoch=fields.need("Epoch", epoch, 0),
        epochs=tuple(sorted(fields.rows("Epochs", _pair(module_name, epoch)))),
        release=fields.need("Release-Digest", digest, Digest("")),
        accounts=fields.need("Accounts-Digest", digest, Digest("")),
        specs=tuple(sorted(fields.rows("Specs", _pair(module_name, digest)))),
        revisions=tuple(sorted(fields.rows("Revisions", _pair(module_name, number)))),
        predecessors=_of_modules(fields, "Predecessors", _predecessor),
        publications=_of_modules(fields, "Published", _publication),
        left_out=tuple(sorted(fields.rows("Left-Out", _left_out))),
        tools=tuple(sorted(fields.rows("Tools", _pair(str, str)))),
        archives=(),
        packages=(),
    )
    fields.done()
    return header


def _archive(fields: Fields) -> LockedArchive:
    return LockedArchive(
        archive=fields.need("Archive", str, ""),
        suite=fields.one("Suite", str, ""),
        date=fields.one("Date", str, ""),
        digest=fields.need("SHA256", digest, Digest("")),
        key=fields.one("Key", str, ""),
        older_because=fields.one("Older-Because", str, ""),
        expired_because=fields.one("Expired-Because", str, ""),
    )


def _package(fields: Fields) -> LockedPackage:
    generated = parse_generated(fields)
    return LockedPackage(
        package=fields.need("Package", package_name, PackageName("")),
        version=fields.need("Version", package_version, ""),
        architecture=fields.need("Architecture", arch_name, ArchName("")),
        source=fields.need("Source", str, ""),
        sha256=fields.need("Inputs" if generated else "SHA256", digest, Digest("")),
        size=0 if generated else fields.need("Size", number, 0),
        filename="" if generated else fields.need("Filename", _filename, ""),
        archive=ARCHIVE if generated else fields.need("Archive", str, ""),
        modules=tuple(sorted(fields.words("Modules", module_name))),
        builds=tuple(sorted(fields.words("Builds", module_name))),
        reason=fields.need("Reason", str, ""),
        section=fields.one("Section", str, ""),
        generated=generated,
    )


def _check_twice(reading: Reading, packages: Sequence[tuple[int, LockedPackage]]) -> None:
    """Refuse a package that a module has twice; modules that exclude others may have another."""
    first: dict[tuple[str, str], int] = {}
    for line, package in packages:
        # A stanza that names no module is none that could be: a package is in a lock once then.
        for module in (*package.modules, *package.builds) or ("",):
            if first.setdefault((package.package, module), line) != line:
                of = f" for {module}" if module else ""
                reading.fault(
                    line,
                    f"{package.package!r} is locked twice{of}: "
                    f"first in line {first[package.package, module]}",
                    field="Package",
                )


def _of_modules(fields: Fields, name: str, parse: Callable[[str], _E]) -> tuple[_E, ...]:
    """Read a field with one line for each of several modules, sorted."""
    found = sorted(fields.rows(name, parse), key=_module)
    for one, other in pairwise(found):
        if one.module == other.module:
            fields.fault(name, f"{one.module!r} is named twice")
    return tuple(found)


def _predecessor(text: str) -> LockedPredecessor:
    words = text.split()
    if len(words) != 3:
        raise QlumodError(f"{text!r} is no predecessor: 'module version digest'")
    return LockedPredecessor(
        module=module_name(words[0]), version=_module_version(words[1]), sha256=digest(words[2])
    )


def _publication(text: str) -> LockedPublication:
    words = text.split()
    if len(words) != 4:
        raise QlumodError(f"{text!r} is no publication: 'module recipe manifest document'")
    return LockedPublication(
        module=module_name(words[0]),
        recipe=digest(words[1]),
        manifest=digest(words[2]),
        document=digest(words[3]),
    )


def _module_version(text: str) -> str:
    release, _, revision = text.rpartition("-")
    return f"{ReleaseVersion.parse(release)}-{number(revision)}"


def _left_out(text: str) -> tuple[ModuleName, str]:
    module, _, reason = text.partition(" ")
    if not reason.strip():
        raise QlumodError(f"{text!r} gives no reason: 'module reason'")
    return module_name(module), reason.strip()


def _pair(name: Callable[[str], _N], value: Callable[[str], _T]) -> Callable[[str], tuple[_N, _T]]:
    def parse(text: str) -> tuple[_N, _T]:
        words = text.split()
        if len(words) != 2:
            raise QlumodError(f"{text!r} is no pair of a name and a value")
        return name(words[0]), value(words[1])

    return parse


def _filename(text: str) -> str:
    if not _FILENAME.match(text) or ".." in text.split("/"):
        raise QlumodError(f"{text!r} is no path of a .deb below an archive")
    return text
