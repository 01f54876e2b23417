"""What the site has done in the stack of an image: units switched, and scripts run."""

import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qlumod.events import Listener
from qlumod.head.image_units import switch_units
from qlumod.head.site_scripts import SiteScript, run_scripts
from qlumod.model.tree import TreeEntry
from qlumod.packaging.meeting import Program
from qlumod.stack.mounted import Mounted
from qlumod.stack.settle import set_attributes
from qlumod.system.disk.tree_scan import scan
from qlumod.system.disk.within import Root

_OPAQUE = ("trusted.overlay.opaque", "user.overlay.opaque")
"""The attribute of a directory that hides those of the same path below (overlayfs.rst)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteWork:
    """What is to be done in the stack of an image."""

    image: str = ""
    units: Sequence[tuple[str, Sequence[str]]] = ()
    """Pairs of ``Enable`` or ``Disable``, and units."""
    scripts: Sequence[SiteScript] = ()

    @property
    def programs(self) -> tuple[Program, ...]:
        """The programs that it runs."""
        switched = (f"systemctl {field.lower()}" for field, units in self.units if units)
        ran = (script.source for script in self.scripts)
        return tuple(Program(what=what) for what in (*switched, *ran))


def work_of(values: Mapping[str, Any]) -> SiteWork:
    """The same from the values of `asdict`, some of which may be missing."""
    return SiteWork(
        image=values.get("image", ""),
        units=values.get("units", ()),
        scripts=[SiteScript(**script) for script in values.get("scripts", ())],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteChanges:
    """What came of it."""

    programs: tuple[Program, ...] = ()
    paths: frozenset[str] = frozenset()
    """The paths that these programs have made or changed, without directories."""


def do_site_work(stack: Mounted, work: SiteWork, *, epoch: int, listen: Listener) -> SiteChanges:
    """Switch units and run scripts in an assembled stack."""
    if not work.programs:
        return SiteChanges()
    before = scan(stack.upper)
    switch_units(stack.root, work.units, epoch=epoch, listen=listen)
    run_scripts(stack.root, work.scripts, image=work.image, epoch=epoch, listen=listen)
    after = scan(stack.upper)
    changed = frozenset(
        path
        for path, entry in after.items()
        if entry.type != "d" and (path not in before or _facts(entry) != _facts(before[path]))
    )
    return SiteChanges(programs=work.programs, paths=changed)


def hide_removed(upper: Path, layers: Iterable[Path]) -> None:
    """Write a whiteout for each path of the layers that an opaque directory of the upper hides.

    The attribute itself is removed (`settle`): overlayfs sets it for every new directory.
    """
    tree, below = Root(upper), [Root(layer) for layer in layers]
    entries = scan(upper, digests=False)
    opaque = {path for path, entry in entries.items() if _is_opaque(entry)}
    for path, entry in entries.items():
        if entry.type == "d" and any(path == one or path.startswith(f"{one}/") for one in opaque):
            lower = {name for one in below if not one.is_link(path) for name in one.names(path)}
            for name in sorted(lower):
                if f"{path}/{name}" not in entries:
                    tree.make_node(f"{path}/{name}", stat.S_IFCHR, os.makedev(0, 0))


def _is_opaque(entry: TreeEntry) -> bool:
    return entry.type == "d" and any(
        name in _OPAQUE and value in (b"y", b"x") for name, value in entry.xattrs
    )


def _facts(entry: TreeEntry) -> tuple[object, ...]:
    return (
        entry.type,
        entry.mode,
        entry.uid,
        entry.gid,
        entry.digest,
        entry.target,
        entry.rdev,
        set_attributes(entry),
    )
