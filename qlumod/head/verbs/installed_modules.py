"""Showing the modules that a head node has: no spec is needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qlumod.errors import QlumodError, raise_faults
from qlumod.head.payloads import home_of, payload_in
from qlumod.head.places import Places
from qlumod.head.verbs.catalogue import CatalogueEntry, catalogue
from qlumod.model.contents import PackageLine
from qlumod.model.names import ArchName, FlavorName, ModuleName


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleWish:
    """Which modules are to be shown."""

    modules: Sequence[str] = ()
    """Empty: all."""
    version: str | None = None
    """A version, or a meta-version such as ``14.0``; None: any, as of flavor and architecture."""
    flavor: FlavorName | None = None
    architecture: ArchName | None = None

    def takes(self, one: CatalogueEntry) -> bool:
        """Whether a module is wanted, apart from its name."""
        entry = one.entry
        return (
            self.version in (None, str(entry.version), *entry.version.meta)
            and self.flavor in (None, entry.flavor)
            and self.architecture in (None, entry.architecture)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledModule:
    """A module of a head node, with what is in its payload."""

    catalogued: CatalogueEntry
    directory: Path
    packages: tuple[PackageLine, ...] | None
    """The Debian packages of its layer; None: the list cannot be read."""
    variants: tuple[ModuleName, ...]
    """The other modules of the head node that are variants of the same module."""


def installed_modules(places: Places, wish: ModuleWish) -> tuple[InstalledModule, ...]:
    """The wanted modules of a head node, all versions of each; raises for those that it lacks."""
    found = catalogue(places)
    raise_faults(
        fault
        for module in dict.fromkeys(wish.modules)
        if (fault := _missing(module, wish, found)) is not None
    )
    return tuple(
        _installed(places, one, found)
        for one in found
        if wish.takes(one) and (not wish.modules or one.entry.module in wish.modules)
    )


def has_modules(places: Places) -> bool:
    """Whether this is a head node: it has a registry of modules."""
    return places.registry.exists()


def _missing(module: str, wish: ModuleWish, found: Sequence[CatalogueEntry]) -> QlumodError | None:
    same = [one for one in found if one.entry.module == module]
    if not same:
        return QlumodError(
            f"this head node has no module {module}",
            remedy="`qlumod modules` lists those that it has, `qlumod modules --available` those "
            "that apt offers",
        )
    if any(map(wish.takes, same)):
        return None
    asked = " ".join(filter(None, (wish.version, wish.flavor, wish.architecture)))
    return QlumodError(
        f"this head node has no {module} {asked}",
        details=[f"it has {one.entry.label}" for one in same],
        remedy="choose one of these with --version, --flavor and --arch",
    )


def _installed(
    places: Places, one: CatalogueEntry, found: Sequence[CatalogueEntry]
) -> InstalledModule:
    home = home_of(places, one.entry)
    try:
        packages = payload_in(home).packages
    except QlumodError:
        packages = None
    base = one.manifest.variant_of if one.manifest else None
    others = {
        other.entry.module
        for other in found
        if other.manifest and base and other.manifest.variant_of == base
    }
    return InstalledModule(
        catalogued=one,
        directory=home.directory,
        packages=packages,
        variants=tuple(sorted(others - {one.entry.module})),
    )
