"""The modules that apt would install: found among the candidates of its sources."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from qlumod.errors import QlumodError
from qlumod.model.lines import lines_of
from qlumod.model.names import (
    ArchName,
    FlavorName,
    ModuleName,
    ModulePackage,
    ReleaseVersion,
    short_package,
)
from qlumod.model.stanzas import ControlStanza

INFIX = "-module-"
"""A part of the name of each package of a module, whatever the prefix."""
READER = "qlumod-head"
"""The package on which each payload depends: other packages have names of this form, too."""
_KIBIBYTE = 1024
_DEPENDENCY = re.compile(r"(\S+?)(?::\S+)?(?:\s*\(\s*(\S+)\s+(\S+)\s*\))?\s*\Z")
_TITLE = re.compile(r" image module( \([^()]*\))?\Z")

_Home = tuple[ModuleName, FlavorName, ArchName]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleOffer:
    """A version of a module that apt would install."""

    module: ModuleName
    version: ReleaseVersion
    flavor: FlavorName
    architecture: ArchName
    package: str
    """The package with the module's layer."""
    package_version: str
    title: str
    description: str
    """The description of the package, without its first line."""
    size: int
    """The bytes that are downloaded for the package with the layer."""
    installed_size: int
    """The bytes that it takes on the head node's disk."""
    requires: tuple[ModuleName, ...]
    installed: str
    """The installed package version that it is newer than; empty: the module is not installed."""
    command: tuple[str, ...]
    """What installs it: the words of a call of apt."""


def names_of_modules(names: Iterable[str]) -> tuple[str, ...]:
    """The names of payloads, and of the packages that may lead to them; sorted.

    All other packages whose names only look similar are left out: apt needs long to show many.
    """
    known = set(names)
    payloads = [parts for name in known if INFIX in name and (parts := _parts(name))]
    return tuple(sorted(known.intersection(name for parts in payloads for name in _chain(parts))))


def module_offers(
    candidates: Iterable[ControlStanza], installed: Mapping[str, str], *, older: bool = False
) -> tuple[ModuleOffer, ...]:
    """The offered modules that are not installed, or newer than what is; sorted.

    `installed` has the versions of installed packages by name. Of each module, flavor and
    architecture, it is the newest version, and each one that is installed with an older package
    version; with `older`, all versions that are not installed.
    """
    known = {stanza.get("Package"): stanza for stanza in candidates}
    payloads = [parts for name, stanza in known.items() if (parts := _payload(name, stanza))]
    newest = _newest(payloads)
    has = _newest(parts for name in installed if (parts := _parts(name)))

    def wanted(parts: ModulePackage) -> bool:
        name, mine = str(parts), has.get(_home(parts))
        if name in installed:
            return installed[name] != known[name].get("Version")
        latest = parts == newest[_home(parts)]
        return older or (latest and (mine is None or _version(parts) > _version(mine)))

    found = (_offer(known, parts, installed, has) for parts in payloads if wanted(parts))
    return tuple(sorted(found, key=lambda one: (*_key(one), one.package)))


def _newest(payloads: Iterable[ModulePackage]) -> dict[_Home, ModulePackage]:
    return {_home(parts): parts for parts in sorted(payloads, key=_version)}


def _key(offer: ModuleOffer) -> tuple[ModuleName, FlavorName, ArchName, ReleaseVersion]:
    return offer.module, offer.flavor, offer.architecture, offer.version


def _parts(name: str) -> ModulePackage | None:
    """The parts of the name of a payload's package; None: it has none of that form."""
    try:
        parts = ModulePackage.parse(name)
        _version(parts)
    except QlumodError:
        return None
    return parts


def _payload(name: str, stanza: ControlStanza) -> ModulePackage | None:
    reads = any(dependency == READER for dependency, _ in _dependencies(stanza))
    return _parts(name) if reads else None


def _home(parts: ModulePackage) -> _Home:
    return parts.module, parts.flavor, parts.arch


def _version(parts: ModulePackage) -> ReleaseVersion:
    return ReleaseVersion.parse(parts.version)


def _offer(
    known: Mapping[str, ControlStanza],
    parts: ModulePackage,
    installed: Mapping[str, str],
    has: Mapping[_Home, ModulePackage],
) -> ModuleOffer:
    name, newest = str(parts), has.get(_home(parts))
    stanza = known[name]
    synopsis, *text = lines_of(_description(stanza)) or [""]
    required = (_parts(dependency) for dependency, _ in _dependencies(stanza))
    return ModuleOffer(
        module=parts.module,
        version=_version(parts),
        flavor=parts.flavor,
        architecture=parts.arch,
        package=name,
        package_version=stanza.need("Version"),
        title=_TITLE.sub("", synopsis),
        description="\n".join("" if line.strip() == "." else line.strip() for line in text),
        size=stanza.number("Size") if stanza.get("Size") else 0,
        installed_size=_KIBIBYTE * stanza.number("Installed-Size")
        if stanza.get("Installed-Size")
        else 0,
        requires=tuple(one.module for one in required if one),
        installed=installed.get(name) or (installed[str(newest)] if newest else ""),
        command=_command(known, parts, installed),
    )


def _description(stanza: ControlStanza) -> str:
    """The description, which has a name with a language if it comes from a Translation file."""
    names = (n for n in stanza.fields if n.lower().startswith("description"))
    return next((stanza.fields[n] for n in names if not n.lower().endswith("-md5")), "")


def _command(
    known: Mapping[str, ControlStanza], parts: ModulePackage, installed: Mapping[str, str]
) -> tuple[str, ...]:
    """Install the short package or a meta package that leads to the payload, else the payload.

    If one of them is installed, it is upgraded: it follows the newest version.
    """
    leading = [name for name in _chain(parts) if _leads_to(known, name, str(parts))]
    for name in leading:
        if name in installed and installed[name] != known[name].get("Version"):
            return ("apt", "install", "--only-upgrade", name)
    return ("apt", "install", leading[0])


def _chain(parts: ModulePackage) -> tuple[str, ...]:
    """The short package of a module, the meta packages of a version, and its payload."""
    return (
        short_package(parts.prefix, parts.module),
        *(str(replace(parts, version=meta)) for meta in reversed(_version(parts).meta)),
        str(parts),
    )


def _leads_to(known: Mapping[str, ControlStanza], name: str, payload: str) -> bool:
    """Whether installing the candidate of a package installs that of the payload."""
    for _ in known:
        if name == payload:
            return True
        if name not in known:
            return False
        follows = [
            (dependency, version)
            for dependency, version in _dependencies(known[name])
            if INFIX in dependency
        ]
        if len(follows) != 1:
            return False
        name, version = follows[0]
        if name not in known or version not in ("", known[name].get("Version")):
            return False
    return False


def _dependencies(stanza: ControlStanza) -> Iterator[tuple[str, str]]:
    """The first alternative of each dependency, and the version that it must equal or "".

    apt chooses the first alternative.
    """
    for group in stanza.get("Depends").split(","):
        if found := _DEPENDENCY.match(group.partition("|")[0].strip()):
            name, operator, version = found.groups()
            yield name, version if operator == "=" else ""
