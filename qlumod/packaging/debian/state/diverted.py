"""Missed diversions: a package of one module diverts a file of another module.

In one installation dpkg unpacks a diverted file under its other name (dpkg-divert(1)): Nvidia's
packages divert the libGL of other packages. If a module requires the other, its own build has done
so.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from qlumod.model.lines import lines_of
from qlumod.model.names import ModuleName
from qlumod.packaging.debian.state.dpkg import DIVERSIONS
from qlumod.packaging.debian.state.triggers import Activation
from qlumod.state.clashes import Layer, are_strangers
from qlumod.state.fragment import in_fragment
from qlumod.state.kind import Fragments, canonical_path

_FILES = "flh"
TOLD_BY_NAME = {"glx-diversions": ("register-glx-alternative-nvidia",)}
"""Triggers that make other packages react to a package's diversions. The path of libGL triggers
Mesa's; the scripts of the others check when they are configured, after all are unpacked.
"""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Diversion:
    """A path and its other name, both canonical, and the package that keeps the path."""

    path: str
    other: str
    package: str


def unseen_diversions(layers: Sequence[Layer], fragments: Fragments) -> tuple[Diversion, ...]:
    """The diversions of files that modules ship whose builds did not have them, sorted.

    `fragments` are those of dpkg-diversions.
    """
    known = {module: frozenset(_read(module, fragment)) for module, fragment in fragments}
    found = {
        diversion for layer in layers for diversion in _met(layer, _strange(layer, layers, known))
    }
    return tuple(sorted(found))


def told_by_name(diversions: Iterable[Diversion]) -> frozenset[Activation]:
    """The triggers by name to activate after these diversions have been applied."""
    return frozenset(
        (trigger, package)
        for package in {diversion.package for diversion in diversions}
        for trigger in TOLD_BY_NAME.get(package, ())
    )


_Known = dict[ModuleName, frozenset[Diversion]]


def _read(module: ModuleName, fragment: bytes) -> Iterator[Diversion]:
    for _, entry in in_fragment(module, DIVERSIONS.name, fragment, DIVERSIONS.split):
        path, other, package = lines_of(entry)
        yield Diversion(path=canonical_path(path), other=canonical_path(other), package=package)


def _strange(layer: Layer, layers: Sequence[Layer], known: _Known) -> set[Diversion]:
    """Other modules' diversions that were not in the build of a layer."""
    seen = {
        diversion
        for module in (layer.module, *layer.stands_upon)
        for diversion in known.get(module, ())
    }
    return {
        diversion
        for other in layers
        if are_strangers(layer, other)
        for diversion in known.get(other.module, ())
    } - seen


def _met(layer: Layer, diversions: set[Diversion]) -> Iterator[Diversion]:
    """Those that dpkg would have applied to a package's file in the layer."""
    if not diversions:
        return
    owners = {line.path: line.origin for line in layer.lines if line.type in _FILES}
    for diversion in diversions:
        owner = owners.get(diversion.path, diversion.package)
        if owner != diversion.package and not owner.startswith("<"):
            yield diversion
