"""Modules that cannot be in one image, found by their packages before any build."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from qlumod.errors import QlumodError, raise_faults
from qlumod.packaging.solving.package_entries import PackageEntries, PackageEntry
from qlumod.packaging.solving.problem import Module
from qlumod.packaging.solving.world import World


def check_apart(modules: Sequence[Module], entries: PackageEntries, world: World) -> None:
    """Raise for every two modules that do not exclude each other, but whose packages conflict.

    A conflict is between two packages, so a check of all pairs of modules finds all of them.
    """
    found = tuple(entries)
    known = {
        (known.package, known.version): entry
        for entry in sorted(found, key=lambda entry: bool(entry.made))
        for known in (entry.chosen, entry.known)
    }
    together = _together(modules)
    reasons: dict[tuple[str, str], list[str]] = {}
    versions: dict[str, list[PackageEntry]] = {}
    for entry in found:
        versions.setdefault(entry.chosen.package, []).append(entry)
    for entry in found:
        same = versions[entry.chosen.package]
        for other, what in (*_versions(entry, same), *_conflicts(entry, known, world)):
            for pair in product(entry.modules, other.modules):
                if pair in together and what not in reasons.setdefault(_sorted(pair), []):
                    reasons[_sorted(pair)].append(what)
    paths = {module.name: module.path for module in modules}
    raise_faults(
        QlumodError(
            f"{paths[one]}: {one} and {other} cannot be in one image",
            details=why,
            remedy="let apt choose otherwise with the field Prefer,"
            f" or write 'Conflicts: {other}' if that is how it is",
        )
        for (one, other), why in sorted(reasons.items())
        if why
    )


def _together(modules: Sequence[Module]) -> frozenset[tuple[str, str]]:
    """The pairs that may be in one image."""
    return frozenset(
        (one.name, other.name)
        for one, other in product(modules, modules)
        if one is not other and other.name not in one.excludes
    )


def _sorted(pair: tuple[str, str]) -> tuple[str, str]:
    one, other = sorted(pair)
    return one, other


def _versions(
    entry: PackageEntry, entries: Sequence[PackageEntry]
) -> Iterator[tuple[PackageEntry, str]]:
    """The other versions of its package; `entries` are all of that name."""
    for other in entries:
        if other is not entry:
            versions = sorted({entry.chosen.version, other.chosen.version})
            yield other, f"{entry.chosen.package} in two versions: {' and '.join(versions)}"


def _conflicts(
    entry: PackageEntry, known: Mapping[tuple[str, str], PackageEntry], world: World
) -> Iterator[tuple[PackageEntry, str]]:
    for verb, package, version in world.refuses(entry.known):
        other = known.get((package, version))
        if other:
            mine = f"{entry.chosen.package} {entry.chosen.version}"
            yield other, f"{mine} {verb} {package} {version}"
