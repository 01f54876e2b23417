"""Missed path triggers: a module's package is interested in files of another module.

In one installation dpkg would run the trigger (deb-triggers(5)): man-db of one module indexes the
manual pages of all others. If a module requires the other, its own build has run it.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from qlumod.model.names import ModuleName
from qlumod.packaging.debian.state.triggers import interests
from qlumod.state.clashes import Layer, are_strangers
from qlumod.state.kind import Fragments, canonical_path


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Crossing:
    """A path trigger to be activated in a stack."""

    trigger: str
    """The path as dpkg writes it."""
    package: str
    """The interested package, without ``/noawait``."""
    module: ModuleName
    """The package's module."""
    brought_by: ModuleName
    """A module with such a path that was not in the package's build."""


def crossings(layers: Sequence[Layer], fragments: Fragments) -> tuple[Crossing, ...]:
    """The triggers to activate after assembling, sorted; `fragments` are those of dpkg-triggers.

    Activate them with ``dpkg-trigger --no-await --by-package=<any> <trigger>`` and then call
    ``dpkg --triggers-only --pending``.
    """
    by_module = {layer.module: layer for layer in layers}
    paths = {
        layer.module: sorted(line.path for line in layer.lines if line.type != "d")
        for layer in layers
    }
    return tuple(
        sorted(
            Crossing(
                trigger=trigger,
                package=package.partition("/")[0],
                module=module,
                brought_by=other.module,
            )
            for module, fragment in fragments
            for trigger, package in interests(module, fragment)
            for other in layers
            if are_strangers(by_module[module], other)
            if _has_below(paths[other.module], canonical_path(trigger))
        )
    )


def _has_below(paths: Sequence[str], trigger: str) -> bool:
    """Whether one of the sorted paths is the trigger's path, or is below it."""
    for beginning in (trigger, f"{trigger}/"):
        at = bisect_left(paths, beginning)
        if at < len(paths) and (paths[at] == trigger or paths[at].startswith(f"{trigger}/")):
            return True
    return False
