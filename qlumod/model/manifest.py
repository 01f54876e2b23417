"""The manifest: what a built module says of itself; the contract of build host and head node."""

import re
from dataclasses import dataclass

from qlumod.errors import QlumodError
from qlumod.model.document import Reading, repeated, written
from qlumod.model.fields import Fields
from qlumod.model.names import (
    DEB,
    ArchName,
    Digest,
    FlavorName,
    ModuleName,
    PackagingName,
    ReleaseVersion,
    arch_name,
    digest,
    flavor_name,
    kernel_release,
    module_name,
    packaging_name,
)
from qlumod.model.numbers import epoch, number
from qlumod.model.paths import absolute_path
from qlumod.model.profile import profile_name
from qlumod.model.public import Public, parse_public
from qlumod.model.secret import Secret, parse_secret

_FILE = re.compile(r"[A-Za-z0-9_+.@-]+(/[A-Za-z0-9_+.@-]+)*\Z")

LAYER = "layer.squashfs"
LEFT_OUT = "left-out.gz"
"""Paths of the packages that are not in the layer on purpose: ``package<TAB>path``, sorted."""
KERNEL = "boot/vmlinuz"
INITRD = "boot/initrd.img"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadFile:
    """One file of a payload directory, by its relative path."""

    path: str
    sha256: Digest
    size: int

    def __str__(self) -> str:
        return f"{self.sha256} {self.size} {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What the file ``manifest`` of a payload directory says.

    `kernel` is the kernel release (uname -r) that core brings, or that a module's kernel modules
    were made for; empty otherwise. `packages` and `unpacked_size` (bytes) are for people.
    """

    module: ModuleName
    title: str
    stack_group: str
    description: str
    version: ReleaseVersion
    flavor: FlavorName
    architecture: ArchName
    requires: tuple[ModuleName, ...]
    conflicts: tuple[ModuleName, ...]
    wins: tuple[str, ...]
    kernel: str
    epoch: int
    packages: int
    unpacked_size: int
    secrets: tuple[Secret, ...]
    files: tuple[PayloadFile, ...]
    public: tuple[Public, ...] = ()
    """What looks like a secret in the layer, and why everybody may read it."""
    variant_of: ModuleName | None = None
    """The module of which it is one of several versions."""
    packaging: PackagingName = DEB
    """What the packages are that it was made of."""
    profile: str = ""
    """The profile of the release that it was made in; empty: that of what is published."""

    def file(self, path: str) -> PayloadFile | None:
        """The file of that relative path, or None."""
        return next((entry for entry in self.files if entry.path == path), None)


def manifest_text(manifest: Manifest) -> str:
    """The text of a manifest; its files are sorted by path."""
    return written(
        (
            ("Format", "1"),
            ("Module", manifest.module),
            ("Variant-Of", manifest.variant_of or ""),
            ("Title", manifest.title),
            ("Stack-Group", manifest.stack_group),
            ("Version", str(manifest.version)),
            ("Flavor", manifest.flavor),
            ("Packaging", "" if manifest.packaging == DEB else manifest.packaging),
            ("Architecture", manifest.architecture),
            ("Profile", manifest.profile),
            ("Requires", ", ".join(manifest.requires)),
            ("Conflicts", ", ".join(manifest.conflicts)),
            ("Wins", manifest.wins),
            ("Kernel", manifest.kernel),
            ("Epoch", str(manifest.epoch)),
            ("Packages", str(manifest.packages)),
            ("Unpacked-Size", str(manifest.unpacked_size)),
            ("Secrets", tuple(map(str, manifest.secrets))),
            ("Public", tuple(map(str, manifest.public))),
            ("Files", tuple(map(str, sorted(manifest.files, key=lambda file: file.path)))),
            ("Description", manifest.description),
        )
    )


def parse_manifest(text: str, path: str) -> Manifest:
    """Read a manifest; raises all its faults at once."""
    reading = Reading(path)
    first, *others = reading.stanzas(text)
    for stanza in others:
        reading.fault(stanza.line, "a manifest has one stanza only")
    manifest = _manifest(Fields(reading, first))
    reading.finish()
    return manifest


def _manifest(fields: Fields) -> Manifest:
    files = fields.rows("Files", _payload_file)
    manifest = Manifest(
        module=fields.need("Module", module_name, ModuleName("")),
        variant_of=fields.one("Variant-Of", module_name, None),
        title=fields.need("Title", str, ""),
        stack_group=fields.need("Stack-Group", str, ""),
        description=fields.text("Description"),
        version=fields.need("Version", ReleaseVersion.parse, ReleaseVersion(0, 0, 0)),
        flavor=fields.need("Flavor", flavor_name, FlavorName("")),
        packaging=fields.one("Packaging", packaging_name, DEB),
        architecture=fields.need("Architecture", arch_name, ArchName("")),
        profile=fields.one("Profile", profile_name, ""),
        requires=fields.commas("Requires", module_name),
        conflicts=fields.commas("Conflicts", module_name),
        wins=fields.words("Wins", absolute_path),
        kernel=fields.one("Kernel", kernel_release, ""),
        epoch=fields.need("Epoch", epoch, 0),
        packages=fields.need("Packages", number, 0),
        unpacked_size=fields.need("Unpacked-Size", number, 0),
        secrets=fields.rows("Secrets", parse_secret),
        public=fields.rows("Public", parse_public),
        files=tuple(sorted(files, key=lambda file: file.path)),
    )
    _check_files(fields, manifest)
    fields.done()
    return manifest


def _check_files(fields: Fields, manifest: Manifest) -> None:
    for path in repeated(file.path for file in manifest.files):
        fields.fault("Files", f"{path!r} is named twice")


def _payload_file(text: str) -> PayloadFile:
    words = text.split()
    if len(words) != 3:
        raise QlumodError(f"{text!r} is no file: it has the form 'digest size path'")
    if not _FILE.match(words[2]) or {".", ".."} & set(words[2].split("/")):
        raise QlumodError(f"{words[2]!r} is no path within a payload directory")
    return PayloadFile(path=words[2], sha256=digest(words[0]), size=number(words[1]))
