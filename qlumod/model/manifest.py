"""The manifest: a built module's description; the contract of build host and head node."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from qlumod.errors import QlumodError
from qlumod.model.document import Reading, repeated, written
from qlumod.model.field_table import (
    BLANK_LINES,
    COMMAS,
    ONE,
    ROWS,
    TEXT,
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
"""Paths of packages that are deliberately not in the layer: ``package<TAB>path``, sorted."""
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
    """The content of the file ``manifest`` of a payload directory.

    `kernel` is the kernel release (uname -r) of core's kernel, or that for which a module's kernel
    modules were compiled; empty otherwise. `packages` and `unpacked_size` (bytes) are for people.
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
    """Suspected secrets in the layer that are public, each with the reason."""
    variant_of: ModuleName | None = None
    """The module of which it is a variant."""
    packaging: PackagingName = DEB
    """The kind of the packages from which it was made."""
    profile: str = ""
    """The profile of the release in which it was made; empty: that of published modules."""

    def file(self, path: str) -> PayloadFile | None:
        """The file of that relative path, or None."""
        return next((entry for entry in self.files if entry.path == path), None)


def _payload_file(text: str) -> PayloadFile:
    words = text.split()
    if len(words) != 3:
        raise QlumodError(f"{text!r} is no file: it has the form 'digest size path'")
    if not _FILE.match(words[2]) or {".", ".."} & set(words[2].split("/")):
        raise QlumodError(f"{words[2]!r} is no path within a payload directory")
    return PayloadFile(path=words[2], sha256=digest(words[0]), size=number(words[1]))


def _sorted_files(files: Iterable[PayloadFile]) -> tuple[PayloadFile, ...]:
    return tuple(sorted(files, key=lambda file: file.path))


_FILES = FieldKind(
    read=lambda fields, entry: _sorted_files(ROWS.read(fields, entry)),
    write=lambda files: ROWS.write(_sorted_files(files)),
)
MANIFEST_FIELDS = (
    Field(name="Module", kind=ONE, parse=module_name, required=True),
    Field(name="Variant-Of", kind=ONE, parse=module_name, default=None),
    Field(name="Title", kind=ONE, required=True),
    Field(name="Stack-Group", kind=ONE, required=True),
    Field(name="Description", kind=TEXT, required=True),
    Field(name="Version", kind=ONE, parse=ReleaseVersion.parse, required=True),
    Field(name="Flavor", kind=ONE, parse=flavor_name, required=True),
    Field(name="Packaging", kind=ONE, parse=packaging_name, default=DEB),
    Field(name="Architecture", kind=ONE, parse=arch_name, required=True),
    Field(name="Profile", kind=ONE, parse=profile_name),
    Field(name="Requires", kind=COMMAS, parse=module_name),
    Field(name="Conflicts", kind=COMMAS, parse=module_name),
    Field(name="Wins", kind=BLANK_LINES, parse=absolute_path),
    Field(name="Kernel", kind=ONE, parse=kernel_release),
    Field(name="Epoch", kind=ONE, parse=epoch, required=True),
    Field(name="Packages", kind=ONE, parse=number, required=True),
    Field(name="Unpacked-Size", kind=ONE, parse=number, required=True),
    Field(name="Secrets", kind=ROWS, parse=parse_secret),
    Field(name="Public", kind=ROWS, parse=parse_public),
    Field(name="Files", kind=_FILES, parse=_payload_file),
)
"""All fields, in the order of the text, which ends with the description."""


def manifest_text(manifest: Manifest) -> str:
    """The text of a manifest; its files are sorted by path."""
    return written((("Format", "1"), *texts(MANIFEST_FIELDS, manifest)))


def parse_manifest(text: str, path: str) -> Manifest:
    """Read a manifest; raises all its errors at once."""
    reading = Reading(path)
    first, *others = reading.stanzas(text)
    for stanza in others:
        reading.fault(stanza.line, "a manifest has one stanza only")
    manifest = _manifest(Fields(reading, first))
    reading.finish()
    return manifest


def _manifest(fields: Fields) -> Manifest:
    manifest = Manifest(**read_values(fields, MANIFEST_FIELDS))
    for path in repeated(file.path for file in manifest.files):
        fields.fault("Files", f"{path!r} is named twice")
    fields.done()
    return manifest
