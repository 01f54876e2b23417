"""The release: its version, flavors, architectures and archives."""

from dataclasses import dataclass

from qlumod.model.names import ArchName, Digest, FlavorName, ReleaseVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """One place that packages come from, for one or several flavors.

    Without `uri` it is an archive of the distribution: its URI is found in the build host's own
    apt configuration, by the `origin` and `label` of the Release files there (``Origin: Debian``,
    ``Label: Debian-Security``). `uri` is a vendor's address. `directory` is a folder of .debs.
    `key` is the path of a keyring file, the fingerprint of a key, or ``unverified``.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Compression:
    """How layers are compressed with zstd: ``Compression: zstd 19 1M`` (level, block size)."""

    level: int = 9
    block_size: str = "1M"
    """4K to 1M, a power of two, as mksquashfs -b takes it."""


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
    compression: Compression = Compression()
    text: str
    digest: Digest

    def archives_of(self, flavor: FlavorName) -> tuple[Archive, ...]:
        """The archives that packages of a flavor come from, in the file's order."""
        return tuple(archive for archive in self.archives if flavor in archive.flavors)
