"""The release: its version, flavors, architectures and archives."""

import re
from dataclasses import dataclass, replace
from typing import Self

from qlumod.errors import QlumodError
from qlumod.model.digests import digest_bytes
from qlumod.model.document import Reading, Stanza, repeated, written
from qlumod.model.field_table import (
    BLANK_LINES,
    BLANKS,
    ONE,
    ROWS,
    Field,
    FieldKind,
    read_values,
    texts,
)
from qlumod.model.fields import Fields
from qlumod.model.names import (
    DEB,
    ArchName,
    Digest,
    FlavorName,
    PackagingName,
    ReleaseVersion,
    arch_name,
    flavor_name,
    packaging_name,
)
from qlumod.model.numbers import number
from qlumod.model.paths import dpkg_pattern
from qlumod.model.profile import RELEASED, profile_name
from qlumod.model.release_archives import ARCHIVE_FIELDS, Archive, read_archive

_BLOCKS = ("4K", "8K", "16K", "32K", "64K", "128K", "256K", "512K", "1M")
_COMPRESSION = re.compile(rf"zstd ([1-9][0-9]?) ({'|'.join(_BLOCKS)})\Z")
_PREFIX = re.compile(r"[a-z0-9][a-z0-9+.]+\Z")
_MAINTAINER = re.compile(r"[^<>]+ <[^<>@ ]+@[^<>@ ]+>\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compression:
    """The compression of layers with zstd: ``Compression: zstd 19 1M`` (level, block size)."""

    level: int = 9
    block_size: str = "1M"
    """4K to 1M, a power of two, as mksquashfs -b takes it."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``zstd 19 1M``; raises `QlumodError`."""
        found = _COMPRESSION.match(text)
        if not found or not 1 <= number(found[1]) <= 22:
            raise QlumodError(
                f"{text!r} is no compression: it is 'zstd', a level from 1 to 22, and a block size "
                f"({', '.join(_BLOCKS)})"
            )
        return cls(level=number(found[1]), block_size=found[2])

    def __str__(self) -> str:
        return f"zstd {self.level} {self.block_size}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The content of `module-specs/release`.

    `excludes` are dpkg path-exclude patterns and `includes` the path-include exceptions to them
    (dpkg(1)), release-wide. `text` is the text of the file, `digest` the digest of its canonical
    text.
    """

    version: ReleaseVersion
    prefix: str
    """The first part of every package name: ``qlustar``."""
    origin: str
    label: str
    maintainer: str
    """Name and address for the packages' Maintainer field."""
    flavors: tuple[FlavorName, ...]
    default_flavor: FlavorName
    architectures: tuple[ArchName, ...]
    archives: tuple[Archive, ...]
    excludes: tuple[str, ...]
    includes: tuple[str, ...]
    packagings: tuple[tuple[FlavorName, PackagingName], ...] = ()
    """The packagings of the flavors whose packages are not .debs."""
    compression: Compression = Compression()
    profiles: tuple[tuple[str, Compression], ...] = ()
    """The compression of unpublished layers, by the profile's name. Not in the canonical text: the
    release's own layers do not depend on them.
    """
    profile: str = ""
    """The profile of this value, unless it is the release itself; see `in_profile`."""
    text: str
    digest: Digest

    def in_profile(self, name: str) -> "Release":
        """The release in one of its profiles; raises `QlumodError`."""
        known = dict(self.profiles)
        if name == RELEASED:
            return self
        if name not in known:
            raise QlumodError(
                f"release {self.version} has no profile {name!r}",
                remedy=f"choose from {', '.join((RELEASED, *known))}, or name it in the field "
                "Profiles of the release",
            )
        other = replace(self, compression=known[name], profiles=(), profile=name)
        return replace(other, digest=digest_bytes(release_text(other).encode()))

    def packaging_of(self, flavor: FlavorName) -> PackagingName:
        """The kind of a flavor's packages."""
        return dict(self.packagings).get(flavor, DEB)

    def archives_of(self, flavor: FlavorName) -> tuple[Archive, ...]:
        """The archives of a flavor, in the file's order."""
        return tuple(archive for archive in self.archives if flavor in archive.flavors)

    def shared_archives(self, flavor: FlavorName) -> frozenset[str]:
        """The names of the archives that all modules of a flavor use: none is on request."""
        return frozenset(one.name for one in self.archives_of(flavor) if not one.on_request)


def _prefix(text: str) -> str:
    if not _PREFIX.match(text):
        raise QlumodError(f"{text!r} is no prefix: lower-case letters, digits, '+' and '.'")
    return text


def _maintainer(text: str) -> str:
    # dpkg-gencontrol would replace variables in it, but a .dsc has it unchanged.
    if not _MAINTAINER.match(text) or "$" in text:
        raise QlumodError(f"{text!r} is no maintainer: it has the form 'Name <user@host>'")
    return text


def _packaging(text: str) -> tuple[FlavorName, PackagingName]:
    flavor, _, packaging = text.partition(" ")
    return flavor_name(flavor), packaging_name(packaging.strip())


def _profile(text: str) -> tuple[str, Compression]:
    name, _, compression = text.partition(" ")
    return profile_name(name), Compression.parse(compression.strip())


_PAIRS = replace(ROWS, write=lambda pairs: tuple(" ".join(pair) for pair in pairs))
_ALWAYS = FieldKind(
    read=lambda fields, entry: fields.one(entry.name, entry.parse, Compression()), write=str
)

_NAMED = (
    Field(name="Version", kind=ONE, parse=ReleaseVersion.parse, required=True),
    Field(name="Prefix", kind=ONE, parse=_prefix, required=True),
    Field(name="Origin", kind=ONE, required=True),
    Field(name="Label", kind=ONE, required=True),
    Field(name="Maintainer", kind=ONE, parse=_maintainer, required=True),
)
_MADE_FOR = (
    Field(name="Flavors", kind=BLANKS, parse=flavor_name),
    Field(name="Default-Flavor", kind=ONE, parse=flavor_name, required=True),
    Field(name="Architectures", kind=BLANKS, parse=arch_name),
)
_MADE_AS = (
    Field(name="Packaging", attribute="packagings", kind=_PAIRS, parse=_packaging),
    Field(name="Exclude", attribute="excludes", kind=BLANK_LINES, parse=dpkg_pattern),
    Field(name="Include", attribute="includes", kind=BLANK_LINES, parse=dpkg_pattern),
    Field(name="Compression", kind=_ALWAYS, parse=Compression.parse),
    Field(name="Profile", kind=ONE, parse=profile_name),
)
_PROFILES = Field(name="Profiles", kind=ROWS, parse=_profile)
"""Not in the canonical text, whose other fields have the order of these tables."""


def parse_release(text: str, path: str) -> Release:
    """Read a release file; raises all its errors at once."""
    reading = Reading(path)
    first, *others = reading.stanzas(text)
    release = _release(Fields(reading, first), text)
    archives = tuple(read_archive(Fields(reading, stanza), release.flavors) for stanza in others)
    _check_archives(reading, others, archives, release)
    reading.finish()
    whole = replace(release, archives=archives)
    return replace(whole, digest=digest_bytes(release_text(whole).encode()))


def release_text(release: Release) -> str:
    """The canonical text of a release, which is hashed."""
    fields = (*_NAMED, *_MADE_FOR, *_MADE_AS)
    return written(
        (("Format", "1"), *texts(fields, release)),
        *(texts(ARCHIVE_FIELDS, archive) for archive in release.archives),
    )


def _release(fields: Fields, text: str) -> Release:
    values = read_values(fields, _MADE_FOR)
    for name in ("Flavors", "Architectures"):
        if not fields.has(name):
            fields.fault(name, "the field is missing")
    values |= read_values(fields, (*_NAMED, *_MADE_AS, _PROFILES))
    release = Release(**values, archives=(), text=text, digest=Digest(""))
    _check_flavors(fields, release)
    for name in repeated((RELEASED, *(name for name, _ in release.profiles))):
        fields.fault("Profiles", f"there is a profile {name!r} already")
    fields.done()
    return release


def _check_flavors(fields: Fields, release: Release) -> None:
    default = release.default_flavor
    if default and default not in release.flavors:
        fields.fault("Default-Flavor", f"{default!r} does not stand under Flavors")
    for flavor, _ in release.packagings:
        if flavor not in release.flavors:
            fields.fault("Packaging", f"{flavor!r} does not stand under Flavors")
    for name in repeated(flavor for flavor, _ in release.packagings):
        fields.fault("Packaging", f"{name!r} is named twice")


def _check_archives(
    reading: Reading, stanzas: list[Stanza], archives: tuple[Archive, ...], release: Release
) -> None:
    first: dict[tuple[str, str], int] = {}
    for stanza, archive in zip(stanzas, archives, strict=True):
        for flavor in archive.flavors if archive.name else ():
            line = first.setdefault((archive.name, flavor), stanza.line)
            if line != stanza.line:
                reading.fault(
                    stanza.line,
                    f"{archive.name!r} is named twice for {flavor}: first in line {line}",
                    field="Archive",
                )
    for flavor in release.flavors:
        if not any(flavor in archive.flavors for archive in archives):
            reading.fault(1, f"flavor {flavor!r} has no archive", field="Flavors")
