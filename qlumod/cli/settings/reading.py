"""What environment and qlumod.conf say: each setting's value, and who says so."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qlumod.cli.settings.table import BY_NAME, SETTINGS, Setting
from qlumod.cli.settings.values import archive_address, expanded
from qlumod.errors import QlumodError, raise_faults, singles
from qlumod.late import late
from qlumod.model.document import Reading, decoded
from qlumod.model.fields import Fields

if TYPE_CHECKING:
    from qlumod.model.address import Address

# They take 12 ms to import, a twentieth of a publication, and few verbs need them.
places_of_archives = late("qlumod.model.address")
releases = late("qlumod.model.release_archives")

NAME = "qlumod/qlumod.conf"
SYSTEM = Path("/etc") / NAME
"""The host's configuration; the user's comes before it."""
USER = Path("~/.config") / NAME
"""The user's, where XDG_CONFIG_HOME does not say otherwise."""
INSTEAD = "QLUMOD_CONFIG"
"""The environment variable that names the one file to read in place of both."""
DEFAULT = "default"
_MOST = 1 << 20
"""Bytes that a configuration may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingValue:
    """What a setting is, and where that was said."""

    value: Any
    said: str
    """``default``, ``QLUMOD_CACHE``, or ``FILE:LINE``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The files that were read, and what they and the environment say."""

    files: tuple[Path, ...]
    said: Mapping[str, SettingValue]
    addresses: "tuple[Address, ...]"
    """One for each archive that has one."""

    def __getitem__(self, name: str) -> SettingValue:
        return self.said.get(name) or SettingValue(
            value=BY_NAME[name].default(self.look), said=DEFAULT
        )

    def look(self, name: str) -> Any:
        """A setting's value."""
        return self[name].value


def current(context: click.Context) -> Configuration:
    """The configuration of this run, read once; raises all its faults at once."""
    found = context.meta.get(__name__)
    if found is None:
        found = context.meta[__name__] = read(os.environ)
    return found


def read(environment: Mapping[str, str], *, host: Path = SYSTEM) -> Configuration:
    """Read environment and files; raises all faults of all of them at once."""
    faults: list[QlumodError] = []
    said: dict[str, SettingValue] = {}
    addresses: list[Address] = []
    files = paths(environment, host)
    sources = [partial(_of_environment, environment), *(partial(_of_file, path) for path in files)]
    for source in sources:
        try:
            values, places = source()
        except QlumodError as fault:
            faults.extend(singles(fault))
        else:
            said = {**values, **said}
            addresses.extend(places)
    raise_faults(faults)
    first = {one.archive: one for one in reversed(addresses)}
    return Configuration(
        files=files, said=said, addresses=tuple(first[name] for name in sorted(first))
    )


def paths(environment: Mapping[str, str], host: Path = SYSTEM) -> tuple[Path, ...]:
    """The files that there are, the one that wins first; `host` is that of all users."""
    if environment.get(INSTEAD):
        return (expanded(environment[INSTEAD]),)
    return tuple(path for path in (user_path(environment), host) if _is_there(path))


def user_path(environment: Mapping[str, str]) -> Path:
    """Where the user's own file is, or would be (XDG Base Directory Specification)."""
    home = Path(environment.get("XDG_CONFIG_HOME", ""))
    return home / NAME if home.is_absolute() else USER.expanduser()


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:
        # Somebody else's home directory, kept by su and sudo: what is in there is not ours.
        return False


_Said = tuple[Mapping[str, SettingValue], Sequence["Address"]]


def _of_environment(environment: Mapping[str, str]) -> _Said:
    faults: list[QlumodError] = []
    said: dict[str, SettingValue] = {}
    for setting in SETTINGS:
        # As everywhere, an empty variable is one that is not set.
        if text := environment.get(setting.variable, ""):
            try:
                said[setting.name] = SettingValue(value=_read(setting, text), said=setting.variable)
            except QlumodError as fault:
                brief = f"{setting.variable}: {fault.brief}"
                faults.append(QlumodError(brief, remedy=fault.remedy))
    raise_faults(faults)
    addresses = said.pop("archive", SettingValue(value=(), said="")).value
    return said, addresses


def _read(setting: Setting, text: str) -> Any:
    if not setting.many:
        return setting.kind.parse(text)
    if setting.stanza:
        return tuple(
            archive_address(word, said=setting.variable, asked=False) for word in text.split()
        )
    return tuple(setting.kind.parse(word) for word in text.split())


def _of_file(path: Path) -> _Said:
    try:
        # It may be /dev/null, and a link: who names it, reads it.
        with path.open("rb") as source:
            data = source.read(_MOST + 1)
    except OSError as fault:
        raise QlumodError(f"cannot read {path}: {fault.strerror}") from fault
    if len(data) > _MOST:
        raise QlumodError(f"{path} is too large: a configuration has at most {_MOST} bytes")
    return parse(decoded(data, str(path)), str(path))


def parse(text: str, path: str) -> _Said:
    """Read a configuration; raises all its faults at once."""
    if all(not line.strip() or line.startswith("#") for line in text.split("\n")):
        return {}, ()
    reading = Reading(path)
    said: dict[str, SettingValue] = {}
    addresses: list[Address] = []
    for stanza in reading.stanzas(text):
        fields = Fields(reading, stanza)
        if fields.has("Archive"):
            addresses.append(_address(fields, path))
        else:
            _take(fields, path, said)
        fields.done()
    _once(reading, addresses)
    reading.finish()
    return said, tuple(addresses)


def _take(fields: Fields, path: str, said: dict[str, SettingValue]) -> None:
    for setting in (setting for setting in SETTINGS if not setting.stanza):
        if not fields.has(setting.field):
            continue
        line = fields.line_of(setting.field)
        if setting.name in said:
            first = said[setting.name].said.rpartition(":")[2]
            fields.fault(setting.field, f"the setting stands twice: first in line {first}")
            continue
        parse = partial(_in_file, setting)
        value = (
            fields.words(setting.field, parse)
            if setting.many
            else fields.one(setting.field, parse, None)
        )
        said[setting.name] = SettingValue(value=value, said=f"{path}:{line}")


def _in_file(setting: Setting, text: str) -> Any:
    return setting.kind.parse(_absolute(text) if setting.kind.path else text)


def _absolute(text: str) -> str:
    path = expanded(text)
    if not path.is_absolute():
        raise QlumodError(f"{text!r} must be absolute: it must begin with '/' or '~/'")
    return str(path)


def _address(fields: Fields, path: str) -> "Address":
    found: Address = places_of_archives.Address(
        archive=fields.need("Archive", releases.archive_name, ""),
        said=f"{path}:{fields.line_of('Archive')}",
        uri=fields.one("URI", releases.archive_uri, ""),
        directory=fields.one("Directory", _archive_directory, ""),
        key=fields.one("Key", releases.archive_key, ""),
        expired_because=fields.one("Expired-Because", str, ""),
    )
    if fields.has("URI") == fields.has("Directory"):
        fields.fault("Archive", "a stanza of an archive has either URI or Directory")
    if fields.has("Directory"):
        if fields.has("Key"):
            fields.fault("Key", "a directory of .debs has no key")
        if fields.has("Expired-Because"):
            fields.fault("Expired-Because", "a directory of .debs has no Valid-Until")
    return found


def _archive_directory(text: str) -> str:
    checked: str = releases.archive_directory(_absolute(text))
    return checked


def _once(reading: Reading, addresses: "Sequence[Address]") -> None:
    first: dict[str, str] = {}
    for one in addresses:
        line = one.said.rpartition(":")[2]
        if first.setdefault(one.archive, line) != line:
            reading.fault(
                int(line),
                f"{one.archive!r} is named twice: first in line {first[one.archive]}",
                field="Archive",
            )
