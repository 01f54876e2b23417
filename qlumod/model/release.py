"""The release: its version, flavors, architectures and archives."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

from qlumod.errors import QlumodError
from qlumod.model.digests import digest_bytes
from qlumod.model.document import Reading, Stanza, repeated, written
from qlumod.model.fields import Fields, yes_or_no
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
from qlumod.model.paths import absolute_path, dpkg_pattern
from qlumod.model.profile import RELEASED, profile_name

_BLOCKS = ("4K", "8K", "16K", "32K", "64K", "128K", "256K", "512K", "1M")
_COMPRESSION = re.compile(rf"zstd ([1-9][0-9]?) ({'|'.join(_BLOCKS)})\Z")
_NAME = re.compile(r"[a-z0-9][a-z0-9.+-]*\Z")
_PREFIX = re.compile(r"[a-z0-9][a-z0-9+.]+\Z")
_SUITE = re.compile(r"\./\Z|[A-Za-z0-9][A-Za-z0-9.+_-]*(/[A-Za-z0-9.+_-]+)*/?\Z")
_FINGERPRINT = re.compile(r"[0-9A-F]{40}\Z")
_URI = re.compile(r"(https?|file)://[A-Za-z0-9.:/%~_+@-]+\Z")
UNVERIFIED = "unverified"
"""Stands for the key of a vendor's archive that a maintainer has to make sure of before its use."""
_MAINTAINER = re.compile(r"[^<>]+ <[^<>@ ]+@[^<>@ ]+>\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """One place that packages come from, for one or several flavors.

    Without `uri` it is an archive of the distribution: its URI is found in the build host's own
    apt configuration, by the `origin` and `label` of the Release files there (``Origin: Debian``,
    ``Label: Debian-Security``). `uri` is a vendor's address. `directory` is a folder of .debs.
    `key` is the path of a keyring file, the fingerprint of a key, or `UNVERIFIED` where nobody has
    made sure of one yet; a directory has none.
    `directory` is relative to the release file, or absolute.
    """

    name: str
    flavors: tuple[FlavorName, ...]
    origin: str = ""
    label: str = ""
    uri: str = ""
    directory: str = ""
    suites: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    key: str = ""
    on_request: bool = False
    """Whether only modules that name it take packages from it."""
    expired_because: str = ""
    """Why the Valid-Until of its Release files does not count; empty: it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compression:
    """How layers are compressed with zstd: ``Compression: zstd 19 1M`` (level, block size)."""

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
    """What `module-specs/release` says.

    `excludes` are dpkg path-exclude patterns and `includes` the path-include exceptions to them
    (dpkg(1)), release-wide. `text` is the file as it stands, `digest` the digest of its canonical
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
    """What the flavors are made of that are not made of .debs."""
    compression: Compression = Compression()
    profiles: tuple[tuple[str, Compression], ...] = ()
    """How layers are compressed for other ends than publishing, by name. Not in the canonical
    text: the release's own layers do not depend on them."""
    profile: str = ""
    """The profile that this is, in place of the release itself; see `in_profile`."""
    text: str
    digest: Digest

    def in_profile(self, name: str) -> "Release":
        """The release as it is made in one of its profiles; raises `QlumodError`."""
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
        """What the packages of a flavor are."""
        return dict(self.packagings).get(flavor, DEB)

    def archives_of(self, flavor: FlavorName) -> tuple[Archive, ...]:
        """The archives that packages of a flavor come from, in the file's order."""
        return tuple(archive for archive in self.archives if flavor in archive.flavors)


def parse_release(text: str, path: str) -> Release:
    """Read a release file; raises all its faults at once."""
    reading = Reading(path)
    first, *others = reading.stanzas(text)
    release = _release(Fields(reading, first), text)
    archives = tuple(_archive(Fields(reading, stanza), release) for stanza in others)
    _check_archives(reading, others, archives, release)
    reading.finish()
    whole = replace(release, archives=archives)
    return replace(whole, digest=digest_bytes(release_text(whole).encode()))


def release_text(release: Release) -> str:
    """The canonical text of a release: what is hashed."""
    return written(
        (
            ("Format", "1"),
            ("Version", str(release.version)),
            ("Prefix", release.prefix),
            ("Origin", release.origin),
            ("Label", release.label),
            ("Maintainer", release.maintainer),
            ("Flavors", " ".join(release.flavors)),
            ("Default-Flavor", release.default_flavor),
            ("Architectures", " ".join(release.architectures)),
            ("Packaging", tuple(" ".join(pair) for pair in release.packagings)),
            ("Exclude", release.excludes),
            ("Include", release.includes),
            ("Compression", str(release.compression)),
            ("Profile", release.profile),
        ),
        *(_archive_fields(archive) for archive in release.archives),
    )


def _archive_fields(archive: Archive) -> Iterator[tuple[str, str]]:
    yield "Archive", archive.name
    yield "Flavors", " ".join(archive.flavors)
    yield "Origin", archive.origin
    yield "Label", archive.label
    yield "URI", archive.uri
    yield "Directory", archive.directory
    yield "Suites", " ".join(archive.suites)
    yield "Components", " ".join(archive.components)
    yield "Key", archive.key
    yield "On-Request", "yes" if archive.on_request else ""
    yield "Expired-Because", archive.expired_because


def _release(fields: Fields, text: str) -> Release:
    flavors = fields.words("Flavors", flavor_name)
    default = fields.need("Default-Flavor", flavor_name, FlavorName(""))
    for name in ("Flavors", "Architectures"):
        if not fields.has(name):
            fields.fault(name, "the field is missing")
    if default and default not in flavors:
        fields.fault("Default-Flavor", f"{default!r} does not stand under Flavors")
    release = Release(
        version=fields.need("Version", ReleaseVersion.parse, ReleaseVersion(0, 0, 0)),
        prefix=fields.need("Prefix", _prefix, ""),
        origin=fields.need("Origin", str, ""),
        label=fields.need("Label", str, ""),
        maintainer=fields.need("Maintainer", _maintainer, ""),
        flavors=flavors,
        default_flavor=default,
        architectures=fields.words("Architectures", arch_name),
        archives=(),
        excludes=fields.words("Exclude", dpkg_pattern),
        includes=fields.words("Include", dpkg_pattern),
        packagings=_packagings(fields, flavors),
        compression=fields.one("Compression", Compression.parse, Compression()),
        profiles=_profiles(fields),
        profile=fields.one("Profile", profile_name, ""),
        text=text,
        digest=Digest(""),
    )
    fields.done()
    return release


def _packagings(
    fields: Fields, flavors: tuple[FlavorName, ...]
) -> tuple[tuple[FlavorName, PackagingName], ...]:
    found = fields.rows("Packaging", _packaging)
    for flavor, _ in found:
        if flavor not in flavors:
            fields.fault("Packaging", f"{flavor!r} does not stand under Flavors")
    for name in repeated(flavor for flavor, _ in found):
        fields.fault("Packaging", f"{name!r} is named twice")
    return found


def _packaging(text: str) -> tuple[FlavorName, PackagingName]:
    flavor, _, packaging = text.partition(" ")
    return flavor_name(flavor), packaging_name(packaging.strip())


def _profiles(fields: Fields) -> tuple[tuple[str, Compression], ...]:
    found = fields.rows("Profiles", _profile)
    for name in repeated((RELEASED, *(name for name, _ in found))):
        fields.fault("Profiles", f"there is a profile {name!r} already")
    return found


def _profile(text: str) -> tuple[str, Compression]:
    name, _, compression = text.partition(" ")
    return profile_name(name), Compression.parse(compression.strip())


def _archive(fields: Fields, release: Release) -> Archive:
    archive = Archive(
        name=fields.need("Archive", archive_name, ""),
        flavors=fields.words("Flavors", flavor_name) or release.flavors,
        origin=fields.one("Origin", str, ""),
        label=fields.one("Label", str, ""),
        uri=fields.one("URI", archive_uri, ""),
        directory=fields.one("Directory", archive_directory, ""),
        suites=fields.words("Suites", _suite),
        components=fields.words("Components", _component),
        key=fields.one("Key", archive_key, ""),
        on_request=fields.one("On-Request", yes_or_no, False),
        expired_because=fields.one("Expired-Because", str, ""),
    )
    for flavor in archive.flavors:
        if flavor not in release.flavors:
            fields.fault("Flavors", f"the release has no flavor {flavor!r}")
    _check_kind(fields)
    fields.done()
    return archive


def _check_kind(fields: Fields) -> None:
    """Check that an archive is of one kind, and has what its kind needs."""
    kinds = [name for name in ("Origin", "URI", "Directory") if fields.has(name)]
    if len(kinds) != 1:
        fields.fault(
            "Archive",
            "an archive has exactly one of the fields Origin, URI and Directory"
            + (f", not {' and '.join(kinds)}" if kinds else ""),
        )
    elif kinds == ["Directory"]:
        _check_fields(fields, lacks=("Suites", "Components", "Key", "Label", "Expired-Because"))
    else:
        _check_fields(fields, needs=("Suites", "Key"))
    if kinds == ["Origin"] and fields.one("Key", str, "") == UNVERIFIED:
        fields.fault("Key", "an archive of the distribution has a keyring: name it")


def _check_fields(fields: Fields, needs: tuple[str, ...] = (), lacks: tuple[str, ...] = ()) -> None:
    for name in needs:
        if not fields.has(name):
            fields.fault(name, "the field is missing")
    for name in lacks:
        if fields.has(name):
            fields.fault(name, "a directory of .debs has no such field")


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


def _prefix(text: str) -> str:
    if not _PREFIX.match(text):
        raise QlumodError(f"{text!r} is no prefix: lower-case letters, digits, '+' and '.'")
    return text


def _maintainer(text: str) -> str:
    # dpkg-gencontrol would replace variables in it, and a .dsc has it as it is written.
    if not _MAINTAINER.match(text) or "$" in text:
        raise QlumodError(f"{text!r} is no maintainer: it has the form 'Name <user@host>'")
    return text


def archive_name(text: str) -> str:
    """Check an archive's name; raises `QlumodError`."""
    if not _NAME.match(text):
        raise QlumodError(f"{text!r} is no archive name: lower-case letters, digits, '.+-'")
    return text


def _suite(text: str) -> str:
    if not _SUITE.match(text) or ".." in text.split("/"):
        raise QlumodError(f"{text!r} is no suite: it is a name such as 'bookworm-updates'")
    return text


def _component(text: str) -> str:
    if not _NAME.match(text):
        raise QlumodError(f"{text!r} is no component: it is a name such as 'main'")
    return text


def archive_uri(text: str) -> str:
    """Check the address of an archive; raises `QlumodError`."""
    if not _URI.match(text):
        raise QlumodError(f"{text!r} is no address: it begins with http://, https:// or file://")
    return text


def archive_directory(text: str) -> str:
    """Check the path of a directory of .debs; raises `QlumodError`."""
    if "//" in text or any(char in text for char in " \t'\"\\$`;&|<>*?"):
        raise QlumodError(f"{text!r} is no directory: blanks and shell characters are not allowed")
    return text


def archive_key(text: str) -> str:
    """Read what names a key, a keyring or a fingerprint; raises `QlumodError`."""
    if text == UNVERIFIED:
        return text
    if text.startswith("/"):
        return absolute_path(text)
    fingerprint = text.replace(" ", "").upper()
    if not _FINGERPRINT.match(fingerprint):
        raise QlumodError(
            f"{text!r} is no key: a keyring's absolute path, a fingerprint of 40 digits, or "
            f"'{UNVERIFIED}'"
        )
    return fingerprint
