"""What `qlumod modules --available` prints: the modules that apt's sources offer."""

import shlex
from collections.abc import Sequence

from qlumod.cli.wording import columns, size
from qlumod.model.apt_offers import ModuleOffer

NOTHING = (
    "apt's sources offer no module that is not installed or newer, as of the last `apt update`"
)
_HEADING = ("module", "version", "flavor", "architecture", "download", "on disk", "installed", "")


def offer_document(offer: ModuleOffer) -> dict[str, object]:
    """What --json prints of an offered module."""
    return {
        "module": offer.module,
        "version": str(offer.version),
        "flavor": offer.flavor,
        "architecture": offer.architecture,
        "package": offer.package,
        "package_version": offer.package_version,
        "title": offer.title,
        "description": offer.description,
        "size": offer.size,
        "installed_size": offer.installed_size,
        "requires": offer.requires,
        "installed": offer.installed or None,
        "command": offer.command,
    }


def offer_lines(offers: Sequence[ModuleOffer]) -> list[str]:
    """The offered modules, and the command that installs each."""
    if not offers:
        return [NOTHING]
    return columns([_HEADING, *map(_row, offers)])


def _row(offer: ModuleOffer) -> tuple[str, ...]:
    return (
        offer.module,
        offer.package_version,
        offer.flavor,
        offer.architecture,
        size(offer.size),
        size(offer.installed_size),
        offer.installed or "-",
        shlex.join(offer.command),
    )
