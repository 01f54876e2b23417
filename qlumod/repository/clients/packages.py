"""The packages that make clients follow the repository: its public keys and its suites."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from qlumod.errors import QlumodError
from qlumod.model.names import package_name
from qlumod.model.numbers import number
from qlumod.model.packed import gzipped
from qlumod.repository.format.index_entries import ALL
from qlumod.repository.format.layout import UPDATES, Layout
from qlumod.repository.format.retired_names import remembered
from qlumod.repository.format.settings import Settings
from qlumod.repository.format.sources import followed
from qlumod.repository.publishing.package_files import pool_directory
from qlumod.system.disk.files import write_new
from qlumod.system.disk.regular_files import file_sum
from qlumod.system.disk.removal import remove_tree
from qlumod.system.keys.gpg import dearmoured
from qlumod.system.processes.command import command
from qlumod.system.processes.run import capture

KEYRINGS = "/usr/share/keyrings"
SOURCES = "/etc/apt/sources.list.d"
OVERRIDES = "/usr/share/lintian/overrides"
DOCUMENTS = "/usr/share/doc"
_PERSON = re.compile(r"[^<>@]+ <[^<>@\s]+@[^<>@\s]+>")
_OVERRIDE = """\
# To make apt follow an archive is what the package is for; who installs it asks for that.
{name}: package-installs-apt-sources *
"""
_CHANGELOG = """\
{name} ({version}) stable; urgency=medium

  * {synopsis}.

 -- {maintainer}  {date}
"""
_COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: {year} {maintainer}
License: public-domain
 Keys and addresses are facts, on which nobody has a copyright.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientPackage:
    """A package of data files, without its version and the documents that contain the version."""

    name: str
    description: str
    maintainer: str
    files: Mapping[str, bytes]
    fields: Mapping[str, str] = field(default_factory=dict)
    conffiles: tuple[str, ...] = ()


def maintainer(settings: Settings, user_ids: Iterable[str]) -> str:
    """The first user id of the keys that has an address; else a default for the archive."""
    named = (one for one in user_ids if _PERSON.fullmatch(one))
    return next(named, f"{settings.label} archive <root@localhost>")


def keyring_package(settings: Settings, keyring: bytes, maintainer: str) -> ClientPackage:
    """The package of the public keys (armoured in `keyring`), at the path that sources name."""
    name = _keyring_name(settings)
    return ClientPackage(
        name=name,
        description=f"public keys of the {settings.label} archive\n"
        " apt believes what these keys have signed.",
        maintainer=maintainer,
        files={f"{KEYRINGS}/{name}.gpg": dearmoured(keyring)},
        fields={"Multi-Arch": "foreign"},
    )


def sources_package(
    settings: Settings, uri: str, minor: str, suites: Sequence[str], maintainer: str
) -> ClientPackage:
    """The package of the sources of one x.y; installing that of another x.y replaces it."""
    keyring = _keyring_name(settings)
    prefix = keyring.removesuffix("-archive-keyring")
    common = f"{prefix}-sources-list"
    path = f"{SOURCES}/{prefix}.sources"
    name = package_name(f"{common}-{minor}")
    return ClientPackage(
        name=name,
        maintainer=maintainer,
        description=f"apt sources of {settings.label} {minor}\n"
        f" To install it makes apt follow {settings.label} {minor}, and no other release of it.",
        files={
            path: followed(uri, suites, f"{KEYRINGS}/{keyring}.gpg").encode(),
            f"{OVERRIDES}/{name}": _OVERRIDE.format(name=name).encode(),
        },
        fields={
            "Multi-Arch": "foreign",
            "Depends": keyring,
            "Provides": common,
            "Conflicts": common,
            "Replaces": common,
        },
        conffiles=(path,),
    )


def suites_by_minor(suites: Sequence[str], *, asked: bool) -> dict[str, tuple[str, ...]]:
    """The suites of each x.y; proposed updates only if they are `asked` for."""
    found: dict[str, list[str]] = {}
    for suite in suites:
        minor = re.match(r"(\d+\.\d+)-", suite)
        if minor and (asked or not suite.endswith(UPDATES)):
            found.setdefault(minor[1], []).append(suite)
        elif asked:
            raise QlumodError(f"{suite} is of no release: it is named such as '14.0-bookworm'")
    return {minor: tuple(sorted(names)) for minor, names in sorted(found.items())}


def make_package(layout: Layout, package: ClientPackage, output: Path, *, epoch: int) -> Path:
    """Make the .deb with the newest published version if that is equal, else with the next one."""
    newest = max(_published(layout, package.name), default=0)
    if newest:
        made = _build(package, newest, output, epoch)
        there = layout.root / pool_directory(package.name) / made.name
        if there.is_file() and file_sum(there) == file_sum(made):
            return made
        made.unlink()
    return _build(package, newest + 1, output, epoch)


def _published(layout: Layout, name: str) -> list[int]:
    """All versions that have been published, including removed ones."""
    folder = layout.root / pool_directory(name)
    names = [path.name for path in [*folder.glob("*.deb"), *map(Path, remembered(layout))]]
    pattern = re.compile(rf"{re.escape(name)}_([1-9][0-9]*)_{ALL}\.deb")
    return [number(found[1]) for each in names if (found := pattern.fullmatch(each))]


def _build(package: ClientPackage, version: int, output: Path, epoch: int) -> Path:
    tree = output / f".{package.name}.tree"
    made = output / f"{package.name}_{version}_{ALL}.deb"
    remove_tree(tree)
    write_new(tree / "DEBIAN/control", _control(package, version, _size(package)))
    if package.conffiles:
        listing = "".join(f"{path}\n" for path in package.conffiles)
        write_new(tree / "DEBIAN/conffiles", listing.encode())
    documents = _documents(package, version, epoch)
    for path, data in sorted({**package.files, **documents}.items()):
        write_new(tree / path.lstrip("/"), data)
    environment = {"SOURCE_DATE_EPOCH": str(epoch)}
    words = ("--root-owner-group", "-Zxz", "--build", tree, made)
    capture(command("dpkg-deb", *words, environment=environment))
    remove_tree(tree)
    return made


def _documents(package: ClientPackage, version: int, epoch: int) -> dict[str, bytes]:
    """The documents that Debian Policy requires in each package."""
    date = datetime.fromtimestamp(epoch, UTC)
    said = {
        "name": package.name,
        "version": version,
        "synopsis": package.description.partition("\n")[0].capitalize(),
        "maintainer": package.maintainer,
        "date": format_datetime(date),
        "year": date.year,
    }
    changelog = gzipped([_CHANGELOG.format(**said).encode()])
    place = f"{DOCUMENTS}/{package.name}"
    return {
        f"{place}/changelog.gz": changelog,
        f"{place}/copyright": _COPYRIGHT.format(**said).encode(),
    }


def _size(package: ClientPackage) -> int:
    return sum(len(data) // 1024 + 1 for data in package.files.values())


def _control(package: ClientPackage, version: int, size: int) -> bytes:
    fields = {
        "Package": package.name,
        "Version": str(version),
        "Architecture": ALL,
        "Maintainer": package.maintainer,
        "Installed-Size": str(size),
        "Section": "misc",
        "Priority": "optional",
        **package.fields,
        "Description": package.description,
    }
    return "".join(f"{name}: {value}\n" for name, value in fields.items()).encode()


def _keyring_name(settings: Settings) -> str:
    return package_name(settings.keyring.removesuffix(".asc"))
