"""The systemd units that an image enables or disables: those of its modules and of the site."""

import re
from collections.abc import Iterable, Iterator, Sequence

from qlumod.errors import QlumodError, raise_faults
from qlumod.events import Listener
from qlumod.head.site import SiteFile
from qlumod.model.image import Image
from qlumod.stack.payload import Payload
from qlumod.system.disk.within import Root
from qlumod.system.enclosure.enclosure import enclosed
from qlumod.system.processes.command import CommandFailed

_UNIT = (
    r"/(?:usr/lib|lib|etc)/systemd/system/([^/\n]+\."
    r"(?:service|socket|target|timer|path|mount|automount|swap|slice))"
)
_SCRIPT = r"/etc/init\.d/([^/\n]+)"
_IN_CONTENTS = re.compile(rf"^[flh]\t.*\t(?:{_UNIT}|{_SCRIPT})$", re.MULTILINE)
"""A unit or an init script in a module's contents. Parsing whole lines would take too long."""
_CLOSE = 0.75
"""How similar the names are that an error proposes, of 1."""
_PATH = re.compile(rf"{_UNIT}|{_SCRIPT}")


def check_units(image: Image, members: Iterable[Payload], files: Iterable[SiteFile]) -> None:
    """Raise for each unit that an image switches and nothing in it has."""
    if not (image.enable or image.disable):
        return
    known = frozenset((*_of_modules(members), *_of_site(files)))
    raise_faults(
        _unknown(image, field, unit, known)
        for field, units in (("Enable", image.enable), ("Disable", image.disable))
        for unit in units
        if not known & {unit, _template(unit)}
    )


def switch_units(
    root: Root, units: Sequence[tuple[str, Sequence[str]]], *, epoch: int, listen: Listener
) -> None:
    """Enable and disable units in a stack; `units` are pairs of ``Enable`` or ``Disable``, units.

    The stack's own systemctl does it, as where modules are built.
    """
    for field, names in units:
        if not names:
            continue
        if not root.has("/usr/bin/systemctl"):
            raise QlumodError(
                f"{field}: there is no systemctl in the modules of the image",
                remedy=f"add a module with systemd, or take {' '.join(names)} out of the field "
                f"{field} of the image",
            )
        try:
            with enclosed(root) as place:
                place.run("systemctl", field.lower(), *names, epoch=epoch, listen=listen)
        except CommandFailed as failed:
            raise QlumodError(
                f"{field}: systemctl failed for {' '.join(names)}: {failed.ending}",
                code=CommandFailed.code,
                details=failed.tail,
                remedy=f"take the unit that it names out of the field {field} of the image",
            ) from failed


def _of_modules(members: Iterable[Payload]) -> Iterator[str]:
    for member in members:
        for unit, script in _IN_CONTENTS.findall(member.contents_text):
            yield unit or f"{script}.service"


def _of_site(files: Iterable[SiteFile]) -> Iterator[str]:
    for file in files:
        found = _PATH.fullmatch(file.path) if file.type != "d" else None
        if found:
            yield found[1] or f"{found[2]}.service"


def _template(unit: str) -> str:
    """The file of an instance: ``getty@tty2.service`` is one of ``getty@.service``."""
    name, at, rest = unit.partition("@")
    return f"{name}@.{rest.rpartition('.')[2]}" if at else unit


def _unknown(image: Image, field: str, unit: str, known: Iterable[str]) -> QlumodError:
    from difflib import get_close_matches  # noqa: PLC0415 - for faults only

    close = get_close_matches(unit, sorted(known), cutoff=_CLOSE)
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    return QlumodError(
        f"image {image.name}: {field}: no module of the image has the unit {unit}",
        remedy=f"{hint}a unit is one of the image's modules, or a file of the site below "
        "copy/etc/systemd/system/",
    )
