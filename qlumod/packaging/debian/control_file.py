"""The control file of a .deb, by dpkg's own rules: what dpkg refuses when it unpacks is refused.

The rules are those of dpkg 1.21 (lib/dpkg/parse.c and fields.c); a test compares them with dpkg.
"""

import re
from collections.abc import Iterator

from qlumod.errors import QlumodError, raise_faults
from qlumod.model.stanzas import MEND_CONTROL, ControlStanza
from qlumod.packaging.debian.deb import Deb

_OWN = frozenset(("status", "config-version", "conffiles", "triggers-pending", "triggers-awaited"))
"""Fields that dpkg itself writes into its database."""
_REVISION = frozenset(("revision", "package-revision", "package_revision"))
"""Obsolete fields that dpkg appends to the version, and apt does not."""
_CHOICES = {
    "essential": ("yes", "no"),
    "protected": ("yes", "no"),
    "multi-arch": ("same", "foreign", "allowed", "no"),
}
_LOOKED_AT = _OWN | _REVISION | _CHOICES.keys() | {"version"}
_VERSION = re.compile(r"(?:\d{1,9}:)?\d[A-Za-z0-9.+~:-]*(?<!-)")


def checked_control(deb: Deb) -> ControlStanza:
    """The fields of a package's control file, all of which dpkg accepts, but for relations.

    Raises `QlumodError` with file, line and remedy. `normalised` checks the relations.
    """
    try:
        written = deb.control
    except QlumodError as fault:
        if fault.remedy or ": line " not in fault.brief:
            raise
        raise QlumodError(fault.brief, remedy=MEND_CONTROL) from fault
    raise_faults(_faults(written))
    return written


def _faults(written: ControlStanza) -> Iterator[QlumodError]:
    for name, value in written.fields.items():
        lower = name.lower()
        if (lower in _LOOKED_AT or len(name) == 1) and (why := _wrong(lower, value)):
            yield _fault(written, name, why)
    if written.get("Multi-Arch").lower() == "same" and written.get("Architecture") == "all":
        why = "a package of the architecture all cannot be 'same'"
        yield _fault(written, "Multi-Arch", why)


def _wrong(name: str, value: str) -> str:
    """What is wrong with a field; empty: nothing that dpkg minds."""
    if len(name) == 1:
        return "the name of a field has at least two letters"
    if name in _OWN:
        return "dpkg keeps this field in its database, and refuses it in a package"
    if name in _REVISION:
        return "dpkg adds this field to the version, and apt does not"
    if (choices := _CHOICES.get(name)) and value and value.lower() not in choices:
        return f"{value[:80]!r} is none of {', '.join(choices)}"
    if name == "version" and not _VERSION.fullmatch(value):
        return f"{value[:80]!r} is no version (Debian Policy 5.6.12)"
    return ""


def _fault(written: ControlStanza, name: str, why: str) -> QlumodError:
    where = f"{written.where}: line {written.line_of(name)}"
    return QlumodError(f"{where}: {name}: {why}", remedy=MEND_CONTROL)
