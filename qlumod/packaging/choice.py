"""Choosing the packaging: by its name in a release, or by its place in the code."""

import importlib

from qlumod.errors import QlumodError
from qlumod.model.names import DEB, PackagingName
from qlumod.packaging.interfaces import Packaging

PACKAGINGS: dict[PackagingName, str] = {DEB: "qlumod.packaging.debian.packaging:DEBIAN"}
"""The available packagings, each with its place in the code (``module:name``), which is imported on
first use."""


def packaging_place(name: PackagingName) -> str:
    """The place of a packaging, by which another process finds it with `packaging_at`.

    Raises `QlumodError` if there is no packaging of that name. Nothing is imported.
    """
    if name not in PACKAGINGS:
        raise QlumodError(
            f"there is no packaging {name!r}", remedy=f"choose from {', '.join(PACKAGINGS)}"
        )
    return PACKAGINGS[name]


def packaging_named(name: PackagingName) -> Packaging:
    """The packaging of that name; raises `QlumodError` if there is none."""
    return packaging_at(packaging_place(name))


def packaging_at(place: str) -> Packaging:
    """The packaging at a place, by which processes inside a namespace find their caller's."""
    module, _, name = place.partition(":")
    found: Packaging = getattr(importlib.import_module(module), name)
    return found
