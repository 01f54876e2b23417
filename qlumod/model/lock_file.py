"""The file of a lock: reading it with all errors at once, and writing it for reviews."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TypeVar

from qlumod.errors import QlumodError
from qlumod.model.document import Reading, written
from qlumod.model.field_table import Text
from qlumod.model.fields import Fields
from qlumod.model.generated import ARCHIVE, parse_generated
from qlumod.model.lock import (
    Lock,
    LockedArchive,
    LockedPackage,
    LockedPredecessor,
    LockedPublication,
    package_order,
)
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
"""The files of a flavor with another packaging have another suffix."""
_HOST = re.compile(r"[a-z0-9][a-z0-9._-]{0,40}( [a-z0-9][a-z0-9._-]{0,40})?\Z")
"""The fields ID and VERSION_ID of os-release(5)."""


def lock_text(lock: Lock) -> str:
    """The text of a lock file: sorted, so that a review shows only the packages that moved."""
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
            ("Host", lock.host),
            ("Tools", _pairs(lock.tools)),
        ),
        *(_archive_fields(a) for a in sorted(lock.archives, key=_archive_key)),
        *(_package_fields(p) for p in sorted(lock.packages, key=package_order)),
    )


def parse_lock(text: str, path: str) -> Lock:
    """Read a lock file; raises all its errors at once."""
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
        packages=tuple(sorted(packages, key=package_order)),
    )


def host_name(text: str) -> str:
    """Check the name of a host's release."""
    if not _HOST.match(text):
        raise QlumodError(f"{text[:80]!r} is no release of a distribution, such as 'debian 12'")
    return text


_E = TypeVar("_E", LockedPredecessor, LockedPublication)


def _module(entry: LockedPredecessor | LockedPublication) -> str:
    return entry.module


def _archive_key(archive: LockedArchive) -> tuple[str, str]:
    return archive.archive, archive.suite


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


def _package_fields(package: LockedPackage) -> Iterator[tuple[str, Text]]:
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
        host=fields.one("Host", host_name, ""),
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
    """Refuse a package that a module has twice; modules that exclude each other may differ."""
    first: dict[tuple[str, str], int] = {}
    for line, package in packages:
        # A stanza without modules counts as of a module "": without modules, a package occurs only
        # once.
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
