"""Selecting the installed paths for the layer, and the treatment of all others."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from qlumod.layer.job import Job
from qlumod.model.tree import TreeEntry
from qlumod.stack.state_files import Owners
from qlumod.state.delta import Action, Plan, plan_delta
from qlumod.state.entry_differences import Names
from qlumod.state.kernel_modules import kernels_of
from qlumod.state.state_table import StateTable
from qlumod.system.disk.tree_scan import entry_of, scan
from qlumod.system.disk.within import Root

BOOT = "boot"
"""The name of the rule for files beside the layer."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The installed paths of the tree, and the decision about each."""

    entries: Mapping[str, TreeEntry]
    """All paths in the tree, in the layer or not."""
    plan: Plan
    table: StateTable
    """The rules of the decisions."""
    below: Mapping[str, TreeEntry] = field(default_factory=dict)
    """The paths before the installation; only few files have digests."""

    @property
    def kept(self) -> tuple[TreeEntry, ...]:
        """The entries of the layer, sorted by path."""
        inside = {*self.plan.kept, *self.plan.whiteouts}
        return tuple(entry for path, entry in self.entries.items() if path in inside)

    @property
    def left_behind(self) -> tuple[str, ...]:
        """The paths of the tree that are not in the layer."""
        inside = {*self.plan.kept, *self.plan.whiteouts, "/"}
        return tuple(path for path in self.entries if path not in inside)

    @property
    def state(self) -> tuple[str, ...]:
        """The paths with rules of shared state."""
        return tuple(step.path for step in self.plan.of(Action.STATE))

    @property
    def secrets(self) -> tuple[str, ...]:
        """The paths that the spec lists under Secrets."""
        return tuple(step.path for step in self.plan.of(Action.SECRET))

    @property
    def caches(self) -> tuple[tuple[str, str], ...]:
        """The caches of which the build made or removed files: ``(cache, path)``."""
        names = self.table.cache_names
        return tuple((step.rule, step.path) for step in self.plan.steps if step.rule in names)

    @property
    def beside(self) -> tuple[str, ...]:
        """The kernel's files, which are beside the layer, or which no node needs."""
        return tuple(step.path for step in self.plan.steps if step.rule == BOOT)

    @property
    def kernels(self) -> Mapping[str, str]:
        """The kernel releases for which the layer has modules, each with the path of one."""
        return kernels_of(self.plan.kept)


def select(job: Job, table: StateTable, tree: Root, view: Root | None, owners: Owners) -> Selection:
    """Decide about every path of the tree, with an error for a change that is not allowed.

    `owners` are those of the root, whose names the errors show.
    """
    entries = scan(tree.place)
    below = _below(view, entries) if view else {}
    plan = plan_delta(
        entries,
        below,
        table=table,
        wins=job.spec.wins,
        secrets=[secret.path for secret in job.spec.secrets],
        names=Names(
            users={number: name for name, number in owners.users.items()},
            groups={number: name for name, number in owners.groups.items()},
        ),
    )
    _make_whiteouts(tree, plan)
    hidden = {path: entry_of(tree.place, path) for path in plan.whiteouts if path not in entries}
    return Selection(dict(sorted({**entries, **hidden}.items())), plan, table, below)


def _below(view: Root, upper: Mapping[str, TreeEntry]) -> dict[str, TreeEntry]:
    """Scan the paths before the installation; only overwritten files are hashed."""
    below = scan(view.place, digests=False)
    for path in below.keys() & upper.keys():
        if below[path].type == "f":
            below[path] = replace(below[path], digest=entry_of(view.place, path).digest)
    return below


def _make_whiteouts(tree: Root, plan: Plan) -> None:
    """Write a whiteout for each path that an opaque directory hid (overlayfs.rst)."""
    for path in plan.whiteouts:
        if not tree.has(path):
            tree.make_node(path, stat.S_IFCHR | 0o000, os.makedev(0, 0))
