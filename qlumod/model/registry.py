"""The registry: the modules that a head node has, and what has changed since the last look."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from qlumod.errors import QlumodError
from qlumod.model.document import Reading, Stanza, written
from qlumod.model.fields import Fields
from qlumod.model.names import (
    ArchName,
    Digest,
    FlavorName,
    ModuleName,
    ReleaseVersion,
    arch_name,
    digest,
    flavor_name,
    module_name,
)
from qlumod.model.numbers import number

RegistryKey = tuple[ModuleName, FlavorName, ArchName, ReleaseVersion]
"""What there is only one of on a head node."""


class Status(StrEnum):
    """Whether a module may be used."""

    OK = "ok"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """One version of a module on the head node: a stanza of the registry."""

    module: ModuleName
    version: ReleaseVersion
    flavor: FlavorName
    architecture: ArchName
    title: str = ""
    """Title, stack group, size and layer are empty where the manifest cannot be read."""
    stack_group: str = ""
    size: int = 0
    """The bytes of the payload's files."""
    package_version: str = ""
    """The version of the .deb; empty where dpkg does not know the payload."""
    layer: Digest | None = None
    status: Status = Status.OK
    problem: str = ""

    @property
    def key(self) -> RegistryKey:
        """What sets it apart from the other stanzas."""
        return self.module, self.flavor, self.architecture, self.version

    @property
    def label(self) -> str:
        """Name it for people: ``slurm 14.0.0 (bookworm, amd64)``."""
        return f"{self.module} {self.version} ({self.flavor}, {self.architecture})"

    @property
    def usable(self) -> bool:
        """Whether images may be built of it."""
        return self.status is Status.OK


class Happened(StrEnum):
    """What happened to a module between two looks."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryChange:
    """One module that is not as it was."""

    what: Happened
    module: Registered


Registry = tuple[Registered, ...]
"""All modules of a head node, sorted by key."""


def registry_changes(
    old: Iterable[Registered], new: Iterable[Registered]
) -> tuple[RegistryChange, ...]:
    """Compare two looks, in the order of the modules; damage is told once."""
    before = {entry.key: entry for entry in old}
    after = {entry.key: entry for entry in new}
    return tuple(
        change
        for key in sorted(before.keys() | after.keys())
        if (change := _change(before.get(key), after.get(key))) is not None
    )


def _change(old: Registered | None, new: Registered | None) -> RegistryChange | None:
    if new is None:
        assert old is not None
        return RegistryChange(what=Happened.REMOVED, module=old)
    if old == new:
        return None
    if not new.usable:
        return RegistryChange(what=Happened.DAMAGED, module=new)
    return RegistryChange(what=Happened.CHANGED if old else Happened.ADDED, module=new)


def registry_text(registry: Iterable[Registered]) -> str:
    """Write the registry: a head of its own, so that an empty one is a document, too."""
    return written([("Format", "1")], *(_stanza(entry) for entry in sorted(registry, key=_by_key)))


def changes_text(changes: Iterable[RegistryChange]) -> str:
    """Write what the hooks under ``registered.d`` are told."""
    return written(
        [("Format", "1")],
        *([("Change", str(change.what)), *_stanza(change.module)] for change in changes),
    )


def parse_registry(text: str, path: str) -> Registry:
    """Read a registry; raises `QlumodError`."""
    reading = Reading(path)
    stanzas = reading.stanzas(text)
    found = tuple(_entry(reading, stanza) for stanza in stanzas[1:])
    reading.finish()
    return tuple(sorted(found, key=_by_key))


def _by_key(entry: Registered) -> RegistryKey:
    return entry.key


def _stanza(entry: Registered) -> Sequence[tuple[str, str]]:
    return [
        ("Module", entry.module),
        ("Version", str(entry.version)),
        ("Flavor", entry.flavor),
        ("Architecture", entry.architecture),
        ("Title", entry.title),
        ("Stack-Group", entry.stack_group),
        ("Size", str(entry.size)),
        ("Package-Version", entry.package_version),
        ("Layer", entry.layer or ""),
        ("Status", str(entry.status)),
        ("Problem", entry.problem),
    ]


def _entry(reading: Reading, stanza: Stanza) -> Registered:
    fields = Fields(reading, stanza)
    entry = Registered(
        module=fields.need("Module", module_name, ModuleName("")),
        version=fields.need("Version", ReleaseVersion.parse, ReleaseVersion(0, 0, 0)),
        flavor=fields.need("Flavor", flavor_name, FlavorName("")),
        architecture=fields.need("Architecture", arch_name, ArchName("")),
        title=fields.one("Title", str, ""),
        stack_group=fields.one("Stack-Group", str, ""),
        size=fields.need("Size", number, 0),
        package_version=fields.one("Package-Version", str, ""),
        layer=fields.one("Layer", digest, None),
        status=fields.need("Status", _status, Status.DAMAGED),
        problem=fields.one("Problem", str, ""),
    )
    fields.done()
    return entry


def _status(text: str) -> Status:
    try:
        return Status(text)
    except ValueError:
        raise QlumodError(f"{text!r} is neither 'ok' nor 'damaged'") from None
