"""Triggers that no build has heard: a module's package waits for files that another module brings.

In one installation dpkg would tell the package (deb-triggers(5)): man-db of one module indexes the
manual pages of all others. Where a module stands upon the other, its own build has seen to it.
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
    """The path as dpkg knows it."""
    package: str
    """The package that waits for it, without ``/noawait``."""
    module: ModuleName
    """The package's module."""
    brought_by: ModuleName
    """A module with something there that the package has not seen."""


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
    """Whether one of the sorted paths is the trigger's or lies below it."""
    for beginning in (trigger, f"{trigger}/"):
        at = bisect_left(paths, beginning)
        if at < len(paths) and (paths[at] == trigger or paths[at].startswith(f"{trigger}/")):
            return True
    return False
