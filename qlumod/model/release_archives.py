"""The archives of a release: the sources of its packages."""

import re
from dataclasses import dataclass
from posixpath import normpath

from qlumod.errors import QlumodError
from qlumod.model.field_table import BLANKS, ONE, Field, read_values
from qlumod.model.fields import Fields, yes_or_no
from qlumod.model.names import FlavorName, flavor_name
from qlumod.model.paths import SHARED, absolute_path

_NAME = re.compile(r"[a-z0-9][a-z0-9.+-]*\Z")
_SUITE = re.compile(r"\./\Z|[A-Za-z0-9][A-Za-z0-9.+_-]*(/[A-Za-z0-9.+_-]+)*/?\Z")
_OF_SYSTEM = frozenset(("/", "/bin", "/lib", "/run", "/sbin", *(SHARED - {"/opt", "/srv"})))
"""Directories that may contain one of .debs, and are none."""
_OF_KERNEL = ("/dev", "/proc", "/sys")
"""Directories in which there is none either."""
_FINGERPRINT = re.compile(r"[0-9A-F]{40}\Z")
_URI = re.compile(r"(https?|file)://[A-Za-z0-9.:/%~_+@-]+\Z")
UNVERIFIED = "unverified"
"""Stands for the key of a vendor's archive that a maintainer must verify before its use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """One source of packages, for one or several flavors.

    Without `uri` it is an archive of the distribution: its URI is found in the build host's own apt
    configuration, by the `origin` and `label` of the Release files there (``Origin: Debian``,
    ``Label: Debian-Security``). `uri` is a vendor's address. `directory` is a folder of .debs.
    `key` is the path of a keyring file, the fingerprint of a key, or `UNVERIFIED` for a key that
    nobody has verified yet; a directory has none. `directory` is relative to the release file, or
    absolute.
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
    """Why the Valid-Until of its Release files is ignored; empty: it is checked."""


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
    if text.startswith("/"):
        require_own_directory(text)
    return text


def require_own_directory(path: str) -> None:
    """Raise if an absolute path is a directory of the system itself, or one of the kernel's."""
    place = normpath(path)
    if place in _OF_SYSTEM or f"/{place.split('/')[1]}" in _OF_KERNEL:
        raise QlumodError(
            f"{path!r} is a directory of the system, not one of .debs: name one of your own"
        )


def archive_key(text: str) -> str:
    """Read the name of a key, a keyring or a fingerprint; raises `QlumodError`."""
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


ARCHIVE_FIELDS = (
    Field(name="Archive", attribute="name", kind=ONE, parse=archive_name, required=True),
    Field(name="Flavors", kind=BLANKS, parse=flavor_name),
    Field(name="Origin", kind=ONE),
    Field(name="Label", kind=ONE),
    Field(name="URI", kind=ONE, parse=archive_uri),
    Field(name="Directory", kind=ONE, parse=archive_directory),
    Field(name="Suites", kind=BLANKS, parse=_suite),
    Field(name="Components", kind=BLANKS, parse=_component),
    Field(name="Key", kind=ONE, parse=archive_key),
    Field(name="On-Request", kind=ONE, parse=yes_or_no, default=False),
    Field(name="Expired-Because", kind=ONE),
)


def read_archive(fields: Fields, flavors: tuple[FlavorName, ...]) -> Archive:
    """Read the stanza of an archive in a release of these flavors; notes its errors there."""
    values = read_values(fields, ARCHIVE_FIELDS)
    archive = Archive(**{**values, "flavors": values["flavors"] or flavors})
    for flavor in archive.flavors:
        if flavor not in flavors:
            fields.fault("Flavors", f"the release has no flavor {flavor!r}")
    _check_kind(fields, archive)
    fields.done()
    return archive


def _check_kind(fields: Fields, archive: Archive) -> None:
    """Check that an archive is of one kind, and has the fields that its kind needs."""
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
    if kinds == ["Origin"] and archive.key == UNVERIFIED:
        fields.fault("Key", "an archive of the distribution has a keyring: name it")


def _check_fields(fields: Fields, needs: tuple[str, ...] = (), lacks: tuple[str, ...] = ()) -> None:
    for name in needs:
        if not fields.has(name):
            fields.fault(name, "the field is missing")
    for name in lacks:
        if fields.has(name):
            fields.fault(name, "a directory of .debs has no such field")
