"""Which packaging it is: by the name that a release gives it, or by where it is in the code."""

import importlib

from qlumod.errors import QlumodError
from qlumod.model.names import DEB, PackagingName
from qlumod.packaging.interfaces import Packaging

PACKAGINGS: dict[PackagingName, str] = {DEB: "qlumod.packaging.debian.packaging:DEBIAN"}
"""The packagings that there are, each with its place: it is imported when it is asked for."""


def packaging_named(name: PackagingName) -> Packaging:
    """The packaging of that name; raises `QlumodError` where there is none."""
    if name not in PACKAGINGS:
        raise QlumodError(
            f"there is no packaging {name!r}", remedy=f"choose from {', '.join(PACKAGINGS)}"
        )
    return packaging_at(PACKAGINGS[name])


def packaging_at(place: str) -> Packaging:
    """The packaging at a place: in namespaces it is found by what the caller outside has of it."""
    module, _, name = place.partition(":")
    found = getattr(importlib.import_module(module), name)
    assert isinstance(found, Packaging)
    return found
