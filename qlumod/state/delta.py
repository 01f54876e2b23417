"""Selection of the layer's paths: one decision for each path of an overlay's upper directory.

The upper directory is never used unchanged: it contains shared state, caches and traces of the
build, copies of files of lower layers, and directories that are opaque only because they are new.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from qlumod.errors import QlumodError
from qlumod.model.tree import TreeEntry
from qlumod.state.entry_differences import Names, differences, same
from qlumod.state.kind import Cache, Dropped, Fixed, Rule, matches_any
from qlumod.state.state_table import StateTable

Tree = Mapping[str, TreeEntry]
"""Entries by path."""

_OPAQUE = ("trusted.overlay.opaque", "user.overlay.opaque")


class Action(StrEnum):
    """The decision about a path."""

    KEEP = "keep"
    """The layer has the path."""
    WHITEOUT = "whiteout"
    """The layer has a whiteout, which hides the path of a lower module."""
    SAME = "same"
    """A lower layer has the same entry already."""
    STATE = "state"
    """Shared state: its kind captures it and writes it again in a stack; a layer never has it."""
    CACHE = "cache"
    """The layer has the path, but a stack may generate it again."""
    DROP = "drop"
    """Neither a layer nor a stack has the path."""
    SECRET = "secret"
    """The path is removed, since the spec lists it under Secrets."""
    REFUSE = "refuse"
    """The build must stop."""


_IN_LAYER = frozenset((Action.KEEP, Action.CACHE, Action.WHITEOUT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A path, the decision and its reason; `rule` is the name of the rule that decided, if any."""

    path: str
    action: Action
    reason: str
    rule: str = ""
    entry: TreeEntry | None = None
    """The entry in the upper; None for a path that an opaque directory or a whiteout hides."""
    details: tuple[str, ...] = ()
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All decisions, sorted by path."""

    steps: tuple[Step, ...]

    def of(self, *actions: Action) -> tuple[Step, ...]:
        """The steps with one of these actions."""
        return tuple(step for step in self.steps if step.action in actions)

    @property
    def kept(self) -> tuple[str, ...]:
        """The paths that the layer takes unchanged from the upper, without whiteouts."""
        return tuple(step.path for step in self.of(Action.KEEP, Action.CACHE))

    @property
    def whiteouts(self) -> tuple[str, ...]:
        """The paths at which the layer has a whiteout."""
        return tuple(step.path for step in self.of(Action.WHITEOUT))

    @property
    def faults(self) -> tuple[QlumodError, ...]:
        """An error for each refused path: the build must stop."""
        return tuple(
            QlumodError(f"{step.path}: {step.reason}", details=step.details, remedy=step.remedy)
            for step in self.of(Action.REFUSE)
        )


def plan_delta(
    upper: Tree,
    below: Tree,
    *,
    table: StateTable,
    wins: Sequence[str] = (),
    secrets: Sequence[str] = (),
    names: Names | None = None,
) -> Plan:
    """Decide about each path of an upper directory.

    `table` has the rules of shared state. `upper` is a scan of the directory as overlayfs left it,
    with whiteouts and the attribute of opaque directories. `below` is a scan of the merged lower
    layers, with state and caches; it is empty for a module that requires no other. `wins` and
    `secrets` are the spec's patterns; `names` has those of users and groups, for errors.
    """
    decide = _Decider(
        below=below,
        table=table,
        wins=tuple(wins),
        secrets=tuple(secrets),
        names=names or Names(),
    )
    steps = {path: decide.about(entry) for path, entry in upper.items()}
    for path in _hidden(upper, below):
        steps[path] = decide.about_removed(path, entry=None)
    _keep_hard_links_together(steps, upper)
    _keep_directories(steps)
    return Plan(steps=tuple(steps[path] for path in sorted(steps)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decider:
    """The rules for one path, in order."""

    below: Tree
    table: StateTable
    wins: tuple[str, ...]
    secrets: tuple[str, ...]
    names: Names

    def about(self, entry: TreeEntry) -> Step:
        if entry.whiteout:
            return self.about_removed(entry.path, entry=entry)
        was = self.below.get(entry.path)
        special = self._special(entry, was)
        if special:
            return special
        if was is not None and same(was, entry):
            return Step(
                path=entry.path, entry=entry, action=Action.SAME, reason="it is below already"
            )
        if was is None:
            return Step(path=entry.path, entry=entry, action=Action.KEEP, reason="it is new")
        return self._changed(was, entry)

    def _special(self, entry: TreeEntry, was: TreeEntry | None) -> Step | None:
        if entry.type != "d" and matches_any(entry.path, self.secrets):
            return Step(
                path=entry.path,
                entry=entry,
                action=Action.SECRET,
                reason="the spec lists it under Secrets",
            )
        rule = self._rule(entry)
        return _by_rule(entry, rule, was) if rule is not None else None

    def about_removed(self, path: str, *, entry: TreeEntry | None) -> Step:
        was = self.below.get(path)
        if was is None:
            reason = "it hides nothing: there is no such path below"
            return Step(path=path, entry=entry, action=Action.SAME, reason=reason)
        rule = self._rule(was)
        if rule is not None:
            if isinstance(rule, Cache) and not rule.always:
                reason = f"the build removed this file of the {rule.name} cache"
                return Step(
                    path=path, entry=entry, action=Action.WHITEOUT, reason=reason, rule=rule.name
                )
            return replace(_by_rule(was, rule, None), entry=entry)
        if self._won(path):
            return Step(
                path=path, entry=entry, action=Action.WHITEOUT,
                reason="the build removed it, and the spec lists it under Wins",
            )  # fmt: skip
        return Step(
            path=path, entry=entry, action=Action.REFUSE,
            reason="the build removed this path of a module below",
            remedy=f"if it is right that it is gone, add {path} to the field Wins",
        )  # fmt: skip

    def _changed(self, was: TreeEntry, now: TreeEntry) -> Step:
        if self._won(now.path):
            return Step(
                path=now.path, entry=now, action=Action.KEEP,
                reason="it differs from the one below, and the spec lists it under Wins",
            )  # fmt: skip
        return Step(
            path=now.path, entry=now, action=Action.REFUSE,
            reason="the build changed this path of a module below",
            details=differences(was, now, self.names),
            remedy=f"if this module's is right for every stack, add {now.path} to the field Wins",
        )  # fmt: skip

    def _rule(self, entry: TreeEntry) -> Rule | None:
        rule = self.table.rule_of(entry.path, entry.target)
        # A directory is not a file of state, even if its name matches.
        if entry.type == "d" and not (
            isinstance(rule, Dropped) and rule.claims_directory(entry.path)
        ):
            return None
        return rule

    def _won(self, path: str) -> bool:
        return matches_any(path, self.wins)


def _by_rule(entry: TreeEntry, rule: Rule, was: TreeEntry | None) -> Step:
    if isinstance(rule, Dropped):
        action, reason = Action.DROP, rule.reason
    elif isinstance(rule, Fixed):
        action, reason = Action.STATE, rule.reason
    elif not isinstance(rule, Cache):
        action, reason = Action.STATE, f"it is shared state ({rule.name})"
    elif rule.always:
        action, reason = Action.STATE, "every stack makes this cache anew"
    elif was is not None and same(was, entry):
        action, reason = Action.SAME, "it is below already"
    else:
        action, reason = Action.CACHE, f"it is a file of the {rule.name} cache"
    return Step(path=entry.path, entry=entry, action=action, reason=reason, rule=rule.name)


def _hidden(upper: Tree, below: Tree) -> Iterator[str]:
    """The topmost paths that opaque directories hide and that the upper does not have."""
    opaque = {path for path, entry in upper.items() if entry.type == "d" and _is_opaque(entry)}
    if not opaque:
        return
    for path in sorted(below):
        parent = _parent(path)
        if (
            path not in upper
            and path != "/"
            and parent in upper
            and upper[parent].type == "d"
            and any(place in opaque for place in (parent, *_ancestors(parent)))
        ):
            yield path


def _is_opaque(entry: TreeEntry) -> bool:
    return any(name in _OPAQUE and value in (b"y", b"x") for name, value in entry.xattrs)


def _keep_hard_links_together(steps: dict[str, Step], upper: Tree) -> None:
    """Keep a path that is equal below if it is a hard link to a kept path."""
    kept: dict[tuple[int, int], str] = {}
    for path in sorted(steps):
        entry = upper.get(path)
        if entry and entry.type != "d" and entry.nlink > 1 and steps[path].action in _IN_LAYER:
            kept.setdefault(entry.inode, path)
    for path, step in list(steps.items()):
        entry = upper.get(path)
        if (
            entry
            and not entry.whiteout
            and entry.nlink > 1
            and step.action is Action.SAME
            and entry.inode in kept
        ):
            reason = f"it is a hard link of {kept[entry.inode]}"
            steps[path] = replace(step, action=Action.KEEP, reason=reason)


def _keep_directories(steps: dict[str, Step]) -> None:
    """Keep the parent directories of all paths in the layer."""
    for path in [path for path, step in steps.items() if step.action in _IN_LAYER]:
        for directory in _ancestors(path):
            step = steps.get(directory)
            if step and step.action is Action.SAME:
                steps[directory] = replace(
                    step, action=Action.KEEP, reason=f"it is the way to {path}"
                )


def _parent(path: str) -> str:
    return path.rpartition("/")[0] or "/"


def _ancestors(path: str) -> Iterable[str]:
    while path != "/":
        path = _parent(path)
        yield path
